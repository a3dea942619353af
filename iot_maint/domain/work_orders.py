"""The work order (工单): its statuses, its legal transitions in one table, its timeline and deadlines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from iot_maint.domain.catalog import ServiceLevel, Severity
from iot_maint.domain.errors import IllegalTransition
from iot_maint.domain.findings import Evidence
from iot_maint.domain.verdicts import Judgement


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
UNDER_REPAIR = frozenset({WorkOrderStatus.IN_PROGRESS, WorkOrderStatus.PAUSED})
LIFE_SAFETY = 1  # the urgency that nothing holds back: neither another fault nor a repair under way


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
# Whoever takes one of these steps has been there, or knows why nobody needs to go.
JUDGING = frozenset({Transition.COMPLETE, Transition.VERIFY, Transition.CLOSE, Transition.CANCEL})


class EntryKind(StrEnum):
    """What a timeline entry records; also the name of the order event that goes out."""

    OPENED = "opened"
    EVIDENCE_ADDED = "evidence_added"
    URGENCY_RAISED = "urgency_raised"
    ALARM_EASED = "alarm_eased"
    ALARM_CLEARED = "alarm_cleared"
    REOPENED = "reopened"
    TRANSITION = "transition"
    JUDGED = "judged"
    ALARM_FLAPPING = "alarm_flapping"
    SYMPTOM = "symptom"  # never stored: told from the alarms that hang under the order's own
    FAULT_STAYED_AWAY = "fault_stayed_away"
    REPAIR_UNSEEN = "repair_unseen"
    FAULT_STANDS = "fault_stands"
    PLANNED = "planned"
    MOVED = "moved"
    MADE_DUE = "made_due"
    WITHDRAWN = "withdrawn"
    FORECAST_ADDED = "forecast_added"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line in an order's story.

    Rule-made entries are unique by (order, rule, event time, kind); a person's carry a transition, a name and a note,
    and the judgement that was said with it.  A `judged` entry without one took the verdict back.
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
    judgement: Judgement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """An alarm that the order's fault explains; `hung_at` is the clock when that was known.

    `order` is one of its own: opened since it outlived its cause, or dispatched before the cause was known.
    """

    alarm: int
    equipment: str
    equipment_name: str
    equipment_type: str
    fault_mode: str
    severity: Severity
    rule: str | None
    raised_at: datetime
    hung_at: datetime
    cleared_at: datetime | None
    order: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder:
    """A ticket.  Stores codes and values; texts are rendered from the catalog in the reader's language.

    `onset_at`: event time of the first crossing; `raised_at`: event time when the dwell was complete; `opened_at`:
    the clock at commit.  `previous` is the order this one follows for the same fault.  `ended_at`: the clock when a
    person closed or cancelled it; `judgement` is the verdict in force.  An order that is opened again has neither.
    `watched_since`: completed then, and whether the fault stays away is not known yet.  `planned_for` and
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
    ended_at: datetime | None = None
    judgement: Judgement | None = None
    watched_since: datetime | None = None
    planned_for: datetime | None = None
    planned_until: datetime | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    symptoms: tuple[Symptom, ...] = ()

    @property
    def is_due(self) -> bool:
        """Whether its service level counts: of what a forecast planned only once an alarm has made it due."""
        return self.origin is not Origin.FORECAST or bool(self.deadlines)

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
