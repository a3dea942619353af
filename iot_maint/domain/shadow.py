"""Shadow: a source of findings (a rule, or `model.<detector>`) that is watched before it is believed.

What it finds is recorded as alarms of their own beside the real ones, and never becomes an order.  An alarm that
stands, and its row, are kept under a name that says so: a real alarm of the same fault may stand at the same time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

MODEL_SOURCE = "model."  # and the detector's name
_MARK = "~"  # no fault mode's code has it


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowSwitch:
    """Somebody has put a source into shadow, or promoted it, on one piece of equipment or (None) on all."""

    source: str
    equipment: str | None
    shadow: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowChange:
    """Who switched what, when, from what to what; None is as it is declared."""

    source: str
    equipment: str | None
    changed_at: datetime
    changed_by: str
    old: bool | None
    new: bool | None
    note: str = ""


def standing_name(fault_mode: str, shadow: bool) -> str:
    """The name under which an alarm of that fault stands."""
    return fault_mode + _MARK if shadow else fault_mode


def read_standing_name(name: str) -> tuple[str, bool]:
    """(fault mode, whether of a source in shadow)."""
    return name.removesuffix(_MARK), name.endswith(_MARK)


def switches_for(switches: list[ShadowSwitch], equipment: str) -> Mapping[str, bool]:
    """By source, what holds for that equipment: its own switch goes before the one for all."""
    found = {one.source: one.shadow for one in switches if one.equipment is None}
    return found | {one.source: one.shadow for one in switches if one.equipment == equipment}
