"""What is remembered of one Sparkplug edge node: its births, and how far its sequence has come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from iot_maint.ingest.decoders.sparkplug_wire import Metric

MAX_DEVICES = 1000  # of one node
_SEQUENCE = 256  # 0 to 255, and then 0 again


class Description(NamedTuple):
    """What a birth says of a metric: data may then name it by its alias alone, and leave its datatype out."""

    name: str
    datatype: int | None


class Birth:
    """The metrics of a node, or of one device behind it."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._by_alias: dict[int, Description] = {}
        self._by_name: dict[str, Description] = {}
        for metric in metrics:
            if metric.name is not None:
                description = Description(name=metric.name, datatype=metric.datatype)
                self._by_name[metric.name] = description
                if metric.alias is not None:
                    self._by_alias[metric.alias] = description

    def describe(self, metric: Metric) -> Description | None:
        """Name and datatype of a metric, None when they are not known."""
        known = self._by_name.get(metric.name) if metric.name is not None else None
        if known is None and metric.alias is not None and metric.name is None:
            known = self._by_alias.get(metric.alias)
        if known is not None:
            return Description(known.name, known.datatype if metric.datatype is None else metric.datatype)
        if metric.name is not None and metric.datatype is not None:
            return Description(metric.name, metric.datatype)
        return None


@dataclass(slots=True, kw_only=True)
class Node:
    """One edge node between its birth and its death.  `births` are by device, the node's own under None."""

    births: dict[str | None, Birth] = field(default_factory=dict)
    bd_seq: int | None = None
    asked_at_ms: int | None = None
    doubts: int = 0  # how often messages had been lost when it was last born, or asked
    _seq: int | None = None

    def begin(self, seq: int | None, bd_seq: int | None, birth: Birth) -> None:
        """The node was born: whatever was known of its devices is void."""
        self.births = {None: birth}
        self.bd_seq = bd_seq
        self._seq = seq

    def learn(self, device: str, birth: Birth) -> None:
        """A device behind the node was born; of too many, the one that was born first is forgotten."""
        self.births.pop(device, None)
        if len(self.births) > MAX_DEVICES:
            del self.births[next(name for name in self.births if name is not None)]
        self.births[device] = birth

    def advance(self, seq: int | None) -> bool:
        """Note a message's sequence number; false when messages are missing before it.

        The same number again is a message that was delivered twice.
        """
        before, self._seq = self._seq, seq
        if before is None or seq is None or seq == before:
            return True
        return seq == (before + 1) % _SEQUENCE

    def may_ask(self, now_ms: int, every_ms: int) -> bool:
        """Whether the last request for a birth is long enough ago, or the clock was set back; notes this one."""
        if self.asked_at_ms is not None and 0 <= now_ms - self.asked_at_ms < every_ms:
            return False
        self.asked_at_ms = now_ms
        return True


def bd_seq_of(metrics: Iterable[Metric]) -> int | None:
    """The number that a birth and its death have in common."""
    value: Mapping[str | None, object] = {metric.name: metric.value for metric in metrics}
    number = value.get("bdSeq")
    return number if isinstance(number, int) else None
