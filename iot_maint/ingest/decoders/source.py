"""Whose data a message is: from its topic, through the rule's template, and from the register of that gateway."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from iot_maint.domain.equipment import Equipment
from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.ingest.decoders.names import is_name, printable
from iot_maint.ingest.decoders.registers import RegisterMap
from iot_maint.topic_rules import TopicRule

# A gateway's equipment by the name that each has there; None while the register was never read.
DevicesOf = Callable[[str], Mapping[str, Equipment] | None]

_CACHED = 65_536


class Names(NamedTuple):
    """What a topic, or the rule in its stead, says of a message."""

    site: str | None
    gateway: str | None
    equipment: str | None
    metric: str


class Source:
    """A topic rule, compiled."""

    def __init__(self, rule: TopicRule, devices_of: DevicesOf) -> None:
        self.rule = rule
        self.registers = RegisterMap(rule.registers)
        self._devices_of = devices_of
        self._pattern = re.compile(_pattern_of(rule), re.DOTALL)
        self.names = lru_cache(maxsize=_CACHED)(self._names)

    def matches(self, topic: str) -> bool:
        """Whether the rule is for this topic."""
        return self._pattern.fullmatch(topic) is not None

    def knows(self, gateway: str) -> bool:
        """Whether any equipment is registered behind the gateway, or may be: while the register was never read."""
        devices = self._devices_of(gateway)
        return devices is None or bool(devices)

    def place(self, names: Names, device: str | None) -> tuple[str, str]:
        """(site, equipment's code) of what `device` names in the payload, None where the payload names nothing.

        Raises `MalformedTelemetry`: `wrong_identity`, or `register_unread`.
        """
        if device is not None and names.equipment is not None and device != names.equipment:
            raise _wrong(f"{printable(device)} in the payload, {names.equipment} in the topic")
        if names.gateway is not None:
            return self._registered(names.gateway, device or names.equipment, names.site)
        if names.equipment is None or names.site is None:
            raise _wrong("neither topic nor payload names any equipment")
        return names.site, names.equipment

    def _registered(self, gateway: str, device: str | None, site: str | None) -> tuple[str, str]:
        devices = self._devices_of(gateway)
        if devices is None:
            raise MalformedTelemetry("register_unread", "the register could not be read yet; replay it later")
        if device is not None:
            equipment = devices.get(device)
            if equipment is None:
                raise _wrong(f"no equipment is registered as {printable(device)} behind gateway {gateway}")
        elif len(devices) == 1:
            (equipment,) = devices.values()
        else:
            raise _wrong(f"{len(devices)} equipment are registered behind gateway {gateway}; the message names none")
        # A site of the topic's that is not the register's is refused later, as for every other message.
        return site or equipment.site, equipment.code

    def _names(self, topic: str) -> Names:
        match = self._pattern.fullmatch(topic)
        groups = {} if match is None else match.groupdict()
        if any(not is_name(text) for text in groups.values()):
            raise MalformedTelemetry("bad_topic", "a level that is a name is blank, unprintable or too long")
        return Names(
            site=groups.get("site", self.rule.site),
            gateway=groups.get("gateway", self.rule.gateway),
            equipment=groups.get("equipment"),
            metric="_".join(text for name, text in groups.items() if name.startswith("metric")),
        )


def _pattern_of(rule: TopicRule) -> str:
    # By the standard a wildcard at the first level means no topic that begins with $.
    pattern = "" if rule.topic.startswith("$") else r"(?!\$)"
    for number, level in enumerate(rule.levels):
        slash = "/" if number else ""
        if level == "#":
            return pattern + (f"(?:{slash}.*)?" if number else ".*")
        if level == "{metric}":
            pattern += f"{slash}(?P<metric{number}>[^/]*)"
        elif level.startswith("{"):
            pattern += f"{slash}(?P<{level[1:-1]}>[^/]*)"
        else:
            pattern += slash + ("[^/]*" if level == "+" else re.escape(level))
    return pattern


def _wrong(detail: str) -> MalformedTelemetry:
    return MalformedTelemetry("wrong_identity", detail)
