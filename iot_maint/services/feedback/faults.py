"""Orders as labelled history, for backtests to measure by and for whoever wants the labels.

A fault is known once somebody has confirmed it on an order that has ended; an alarm is false by such a word, too.  An
order without a word is neither.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Language
from iot_maint.domain.feedback import NO_FAULT, FaultQuery, JudgedFault
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.ports import Repositories
from iot_maint.domain.queries import PageRequest, WorkOrderQuery
from iot_maint.domain.verdicts import Verdict
from iot_maint.domain.work_orders import ENDED, PREVENTIVE, Transition, WorkOrder
from iot_maint.services.paging import every_item
from iot_maint.services.quantities import say_instant, say_known_instant
from iot_maint.services.tables import Cell
from iot_maint.services.texts import VERDICTS

_PAGE = 500
FAULT_COLUMNS = ("equipment", "fault_mode", "onset", "failure")


FILE = "file"  # the source of a fault that no order tells of
# The onset of an order is where a rule first saw the fault: whoever sees it earlier has seen the same one.
SEEN_EARLIER = timedelta(days=7)
_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFault:
    """A fault that was there from `onset` to `failure` (of an order: to the end of the repair, where nothing failed).

    An empty `fault_mode` is any.  An alarm that is raised from `seen_from` to `failure` has found it.
    """

    equipment: str
    fault_mode: str
    onset: datetime
    failure: datetime
    source: str

    @property
    def seen_from(self) -> datetime:
        """From when an alarm counts as having found it."""
        return self.onset if self.source == FILE else self.onset - SEEN_EARLIER

    def covers(self, equipment: str, fault_mode: str, at: datetime) -> bool:
        """Whether an alarm of that fault mode, raised then, has seen it."""
        if self.equipment != equipment or self.fault_mode not in ("", fault_mode):
            return False
        return self.seen_from <= at <= self.failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What is known of a history: the faults that were there, and (`undecided`) those of which nobody knows."""

    faults: tuple[KnownFault, ...] = ()
    undecided: tuple[KnownFault, ...] = ()


class FaultKind(StrEnum):
    """Faults that were confirmed, or alarms behind which there was none of the machine."""

    CONFIRMED = "confirmed"
    FALSE = "false"

    @property
    def verdicts(self) -> frozenset[Verdict]:
        """Those that make it."""
        return frozenset({Verdict.REAL_FAULT}) if self is FaultKind.CONFIRMED else NO_FAULT


def confirmed_faults(
    repositories: Repositories,
    equipment: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[JudgedFault]:
    """Real faults of ended orders that touch [since, until), of the fault mode that they really were."""
    return faults(repositories, fault_query(FaultKind.CONFIRMED, equipment, since, until))


def false_alarms(
    repositories: Repositories,
    equipment: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[JudgedFault]:
    """Alarms behind which nothing was wrong with the machine; `verdict` tells those of a broken sensor."""
    return faults(repositories, fault_query(FaultKind.FALSE, equipment, since, until))


def fault_query(kind: FaultKind, equipment: str | None, since: datetime | None, until: datetime | None) -> FaultQuery:
    """What is asked of a kind; None bounds nothing."""
    return FaultQuery(verdicts=kind.verdicts, equipment=equipment, since=since, until=until)


def faults(repositories: Repositories, query: FaultQuery) -> Iterator[JudgedFault]:
    """All of them, read page by page; those that ended first before the others."""
    return every_item(partial(repositories.feedback.faults, query), PageRequest(limit=_PAGE))


def labels_of(repositories: Repositories, codes: Collection[str]) -> Labels:
    """What the preventive orders of this equipment say: confirmed faults, and those without a word or not yet ended."""
    confirmed = tuple(_known(one) for one in confirmed_faults(repositories) if one.equipment in codes)
    request = PageRequest(limit=_PAGE, sort="number")
    orders = every_item(partial(repositories.orders.page, WorkOrderQuery()), request)
    return Labels(
        faults=confirmed,
        undecided=tuple(_undecided(one) for one in orders if one.equipment in codes and _is_undecided(one)),
    )


def _known(fault: JudgedFault) -> KnownFault:
    return KnownFault(
        equipment=fault.equipment,
        fault_mode=fault.fault_mode,
        onset=fault.onset_at,
        failure=fault.over_at,
        source=fault.order,
    )


def _is_undecided(order: WorkOrder) -> bool:
    return order.origin in PREVENTIVE and (order.judgement is None or order.ended_at is None)


def _undecided(order: WorkOrder) -> KnownFault:
    """From where a rule first saw it to the last completion or the end; of an open order, for ever."""
    return KnownFault(
        equipment=order.equipment,
        fault_mode=order.fault_mode,
        onset=order.onset_at,
        failure=max(_over_at(order), order.onset_at),
        source=order.number,
    )


def _over_at(order: WorkOrder) -> datetime:
    if order.status not in ENDED:
        return _FOREVER
    # Without a person's end, rules took it back: then its story ends with that.
    last = order.timeline[-1].recorded_at if order.timeline else order.raised_at
    completed = [entry.recorded_at for entry in order.timeline if entry.transition is Transition.COMPLETE]
    return completed[-1] if completed else order.ended_at or last


def fault_document(fault: JudgedFault, language: Language, zone: ZoneInfo) -> JsonObject:
    """One label; `failure` is what the export calls so: the failure, else the repair."""
    return {
        "equipment": fault.equipment,
        "fault_mode": fault.fault_mode,
        "onset": say_instant(fault.onset_at, zone),
        "failure": say_instant(fault.over_at, zone),
        "failed_at": say_known_instant(fault.failed_at, zone),
        "finished_at": say_instant(fault.finished_at, zone),
        "work_order": fault.order,
        "verdict": fault.verdict.value,
        "verdict_label": VERDICTS[fault.verdict].of(language),
    }


def fault_row(fault: JudgedFault, zone: ZoneInfo) -> Sequence[Cell]:
    """The cells of `FAULT_COLUMNS`."""
    instants = (say_instant(fault.onset_at, zone), say_instant(fault.over_at, zone))
    return (fault.equipment, fault.fault_mode, *instants)
