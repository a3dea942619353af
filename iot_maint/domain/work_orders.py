"""The work order (工单): its statuses, its legal transitions in one table, its timeline and deadlines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from iot_maint.domain.catalog import ServiceLevel, Severity
from iot_maint.domain.errors import IllegalTransition
from iot_maint.domain.findings import Evidence


class WorkOrderStatus(StrEnum):
    """Where an order stands; open, in the sense of one open order per fault, is every one but the last two."""

    PLANNED = "planned"
    OPEN = "open"
    DISPATCHED = "dispatched"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    COMPLETED = "completed"
    VERIFIED = "verified"
    CLOSED = "closed"
    CANCELLED = "cancelled"


ENDED = frozenset({WorkOrderStatus.CLOSED, WorkOrderStatus.CANCELLED})
DONE_BUT_OPEN = frozenset({WorkOrderStatus.COMPLETED, WorkOrderStatus.VERIFIED})


class Transition(StrEnum):
    """What a person does to an order."""

    DISPATCH = "dispatch"
    ACKNOWLEDGE = "acknowledge"
    ARRIVE = "arrive"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    VERIFY = "verify"
    CLOSE = "close"
    REOPEN = "reopen"
    CANCEL = "cancel"


_S = WorkOrderStatus
TRANSITIONS: Mapping[Transition, tuple[frozenset[WorkOrderStatus], WorkOrderStatus]] = {
    Transition.DISPATCH: (frozenset({_S.PLANNED, _S.OPEN}), _S.DISPATCHED),
    Transition.ACKNOWLEDGE: (frozenset({_S.DISPATCHED}), _S.ACKNOWLEDGED),
    Transition.ARRIVE: (frozenset({_S.DISPATCHED, _S.ACKNOWLEDGED}), _S.IN_PROGRESS),
    Transition.PAUSE: (frozenset({_S.IN_PROGRESS}), _S.PAUSED),
    Transition.RESUME: (frozenset({_S.PAUSED}), _S.IN_PROGRESS),
    Transition.COMPLETE: (frozenset({_S.IN_PROGRESS}), _S.COMPLETED),
    Transition.VERIFY: (frozenset({_S.COMPLETED}), _S.VERIFIED),
    Transition.CLOSE: (frozenset({_S.OPEN, _S.COMPLETED, _S.VERIFIED}), _S.CLOSED),
    Transition.REOPEN: (frozenset({_S.COMPLETED, _S.VERIFIED, _S.CLOSED, _S.CANCELLED}), _S.OPEN),
    Transition.CANCEL: (
        frozenset({_S.PLANNED, _S.OPEN, _S.DISPATCHED, _S.ACKNOWLEDGED, _S.IN_PROGRESS, _S.PAUSED}),
        _S.CANCELLED,
    ),
}


def legal_transitions(status: WorkOrderStatus) -> tuple[Transition, ...]:
    """The ways that lead on from a status."""
    return tuple(transition for transition, (sources, _) in TRANSITIONS.items() if status in sources)


def status_after(transition: Transition, status: WorkOrderStatus) -> WorkOrderStatus:
    """Where the transition leads; `IllegalTransition`, naming the legal ones, where it may not start."""
    sources, target = TRANSITIONS[transition]
    if status not in sources:
        raise IllegalTransition(transition.value, status.value, tuple(t.value for t in legal_transitions(status)))
    return target


class Origin(StrEnum):
    """Where an order came from.  The first two are preventive: one open order per (equipment, fault mode)."""

    ALARM = "alarm"
    FORECAST = "forecast"
    PLAN = "plan"
    REPORT = "report"
    MANUAL = "manual"


PREVENTIVE = frozenset({Origin.ALARM, Origin.FORECAST})


class EntryKind(StrEnum):
    """What a timeline entry records; also the name of the order event that goes out."""

    OPENED = "opened"
    EVIDENCE_ADDED = "evidence_added"
    URGENCY_RAISED = "urgency_raised"
    ALARM_EASED = "alarm_eased"
    ALARM_CLEARED = "alarm_cleared"
    REOPENED = "reopened"
    TRANSITION = "transition"
    PLANNED = "planned"
    MOVED = "moved"
    MADE_DUE = "made_due"
    WITHDRAWN = "withdrawn"
    FORECAST_ADDED = "forecast_added"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line in an order's story.

    Rule-made entries are unique by (order, rule, event time, kind); a person's carry a transition, a name and a note.
    """

    kind: EntryKind
    at: datetime
    recorded_at: datetime
    by: str
    rule: str | None = None
    severity: Severity | None = None
    evidence: Evidence | None = None
    transition: Transition | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder:
    """A ticket.  Stores codes and values; texts are rendered from the catalog in the reader's language.

    `onset_at`: event time of the first crossing; `raised_at`: event time when the dwell was complete; `opened_at`:
    the clock at commit.  `previous` is the order this one follows for the same fault.  `planned_for` and
    `planned_until`: the maintenance window that a forecast's order is planned into.
    """

    number: str
    site: str
    equipment: str
    equipment_type: str
    fault_mode: str
    origin: Origin
    status: WorkOrderStatus
    severity: Severity
    urgency: int
    onset_at: datetime
    raised_at: datetime
    opened_at: datetime
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    previous: str | None = None
    planned_for: datetime | None = None
    planned_until: datetime | None = None
    timeline: tuple[TimelineEntry, ...] = ()

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """All evidence, oldest first."""
        return tuple(entry.evidence for entry in self.timeline if entry.evidence is not None)


def deadlines(level: ServiceLevel, opened_at: datetime) -> dict[str, datetime]:
    """The instants by which each step must have happened; absent keys have no deadline."""
    spans = {
        "dispatch": level.dispatch,
        "acknowledge": level.acknowledge,
        "arrive": level.arrive,
        "finish": level.finish,
    }
    return {name: opened_at + span for name, span in spans.items() if span is not None}
