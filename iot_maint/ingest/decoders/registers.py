"""Register maps: what a gateway's addresses are called here, and how their raw numbers become values."""

import math
from collections.abc import Callable, Mapping, Sequence

from iot_maint.domain.units import CONVERSIONS
from iot_maint.ingest.decoders.values import Dropped
from iot_maint.topic_rules import Register

_WORD = 1 << 16

Read = Callable[[float], float | None]


class RegisterMap:
    """The registers of one topic rule, compiled; names that it does not list pass unchanged."""

    def __init__(self, registers: Sequence[Register]) -> None:
        self._entries: dict[str, list[tuple[str, Read]]] = {}
        for register in registers:
            self._entries.setdefault(register.address, []).append((register.metric, _compile(register)))

    def __contains__(self, address: str) -> bool:
        return address in self._entries

    def __bool__(self) -> bool:
        return bool(self._entries)

    def apply(
        self, numbers: Mapping[str, float], texts: Mapping[str, str], dropped: dict[str, int]
    ) -> tuple[dict[str, float], dict[str, str]]:
        """(numbers, texts) by metric; sentinels are dropped and counted in `dropped`."""
        named: dict[str, float] = {}
        for address, raw in numbers.items():
            entries = self._entries.get(address)
            if entries is None:
                named[address] = raw
                continue
            for metric, read in entries:
                value = read(raw)
                if value is None:
                    dropped[Dropped.SENTINEL.value] = dropped.get(Dropped.SENTINEL.value, 0) + 1
                elif math.isfinite(value):
                    named[metric] = value
                else:
                    dropped[Dropped.NOT_FINITE.value] = dropped.get(Dropped.NOT_FINITE.value, 0) + 1
        words = {
            metric: text
            for address, text in texts.items()
            for metric, _ in self._entries.get(address, ((address, None),))
        }
        return named, words


def _compile(register: Register) -> Read:
    missing = frozenset(register.missing)
    factor, shift = 1.0, 0.0
    if register.unit is not None and register.to_unit is not None:
        factor, shift = CONVERSIONS[register.unit, register.to_unit]
    scale, offset, bit, signed = register.scale, register.offset, register.bit, register.signed

    def read(raw: float) -> float | None:
        if raw in missing:
            return None
        if signed and _WORD // 2 <= raw < _WORD:
            raw -= _WORD
        if bit is not None:
            raw = float(int(raw) >> bit & 1)
        # Ten tenths make 1, not 0.9999999999999999: no device measures to twelve digits.
        return _tidy((raw * scale + offset) * factor + shift)

    return read


def _tidy(value: float) -> float:
    return float(f"{value:.12g}")
