"""What recorded telemetry must be like to rest in the store beside what came live, and what there is of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from iot_maint.domain.errors import InvalidInput
from iot_maint.domain.instants import instant
from iot_maint.domain.telemetry import Telemetry
from iot_maint.services.register.columns import nearest
from iot_maint.services.roster import Roster

AHEAD = timedelta(minutes=5)  # as far as clocks go wrong


class Line(NamedTuple):
    """Telemetry, and where it stands in a recording."""

    path: Path
    number: int
    telemetry: Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSpan:
    """What the store keeps at `now`: nothing that is ahead, and of what is old the last `days` (None: all)."""

    now: datetime
    days: int | None

    def problem(self, at_ms: int) -> str | None:
        """Why telemetry of that time has no place in it."""
        at = instant(at_ms)
        if at > self.now + AHEAD:
            return f"its time {at.isoformat()} is still to come"
        if self.days is not None and at < self.now - timedelta(days=self.days):
            return f"its time {at.isoformat()} is older than the {self.days} days of IOT_MAINT_RETENTION_DAYS"
        return None


@dataclass(slots=True, kw_only=True)
class Recorded:
    """What recordings hold: messages, from when to when of which equipment (epoch ms), and the metrics of each type
    that its catalog does not declare.  Grows line by line; of each piece of equipment a few numbers are kept."""

    messages: int = 0
    first_ms: dict[str, int] = field(default_factory=dict)
    last_ms: dict[str, int] = field(default_factory=dict)
    undeclared: dict[str, set[str]] = field(default_factory=dict)


def examine(lines: Iterable[Line], roster: Roster, span: KeptSpan) -> Recorded:
    """`InvalidInput` names file and line of the first telemetry that cannot be stored."""
    found = Recorded()
    for path, number, telemetry in lines:
        problem = span.problem(telemetry.at_ms) or _owner_problem(telemetry, roster)
        if problem is not None:
            raise InvalidInput(f"{path}:{number}", problem)
        _note(found, telemetry, roster)
    return found


def _owner_problem(telemetry: Telemetry, roster: Roster) -> str | None:
    code = telemetry.equipment
    own, heir = roster.entries.get(code), roster.get(code)
    if own is None or heir is None or not heir.equipment.registered:
        known = nearest(code, (entry.equipment.code for entry in roster.entries.values() if entry.equipment.registered))
        return f"no equipment {code} in the register{known or '; import it first'}"
    if own.equipment.site != telemetry.site:
        return f"{code} is registered at site {own.equipment.site}, not {telemetry.site}"
    return None


def _note(found: Recorded, telemetry: Telemetry, roster: Roster) -> None:
    code, at_ms = telemetry.equipment, telemetry.at_ms
    found.messages += 1
    found.first_ms[code] = min(found.first_ms.get(code, at_ms), at_ms)
    found.last_ms[code] = max(found.last_ms.get(code, at_ms), at_ms)
    heir = roster.get(code)
    type_ = roster.type_of(heir.equipment) if heir is not None else None
    if type_ is not None:
        unknown = (telemetry.values.keys() | telemetry.texts.keys()) - type_.metrics.keys()
        if unknown:
            found.undeclared.setdefault(type_.name, set()).update(unknown)
