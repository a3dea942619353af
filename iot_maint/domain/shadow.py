"""Shadow: a source of findings (a rule, or `model.<detector>`) that is watched before it is believed.

What it finds is recorded as alarms of their own beside the real ones, and never becomes an order.  An alarm that
stands, and its row, are kept under a name that says so: a real alarm of the same fault may stand at the same time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

MODEL_SOURCE = "model."  # and the detector's name
MARK = "~"  # no fault mode's code has it


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


class StandingName(NamedTuple):
    """What a name says: of which fault, whether of a source in shadow, and of which model in the registry's shadow."""

    fault_mode: str
    shadow: bool
    model: str


def standing_name(fault_mode: str, shadow: bool, model: str = "") -> str:
    """The name under which an alarm of that fault stands; each model that the registry has in shadow has its own."""
    return f"{fault_mode}{MARK}{model}" if shadow else fault_mode


def read_standing_name(name: str) -> StandingName:
    """What `standing_name` was given."""
    fault_mode, mark, model = name.partition(MARK)
    return StandingName(fault_mode, bool(mark), model)


def switches_for(switches: list[ShadowSwitch], equipment: str) -> Mapping[str, bool]:
    """By source, what holds for that equipment: its own switch goes before the one for all."""
    found = {one.source: one.shadow for one in switches if one.equipment is None}
    return found | {one.source: one.shadow for one in switches if one.equipment == equipment}
