"""The live decide path over a history, once for each setting: every batch goes to the monitors of all of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from iot_maint.domain.alarms import AlarmEvent, AlarmEventKind
from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.findings import Finding
from iot_maint.domain.instants import instant
from iot_maint.domain.ports import Repositories
from iot_maint.domain.telemetry import Batch
from iot_maint.domain.work_orders import ENDED, WorkOrder, WorkOrderStatus
from iot_maint.services.monitoring import Monitor, Outcome
from iot_maint.services.ordering import OrderDesk, OrderStep

FINDINGS_KEPT = 10_000  # of one setting in one cluster; a rule that says more is counted, not quoted


class ClosingDesk(OrderDesk):
    """Nobody closes an order in a backtest: it counts as done once its alarm clears, so that the next is another."""

    def save(self, repositories: Repositories, event: AlarmEvent, equipment_type: str) -> OrderStep | None:
        """As the live desk; then the order of a cleared alarm is closed."""
        step = super().save(repositories, event, equipment_type)
        if event.kind is AlarmEventKind.CLEARED:
            latest = repositories.orders.latest(event.key.equipment, event.key.fault_mode)
            if latest is not None and latest.status not in ENDED:
                repositories.orders.set_status(latest.number, latest.status, WorkOrderStatus.CLOSED)
        return step


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one setting came to: every event of an alarm, the orders as they opened, and the first findings.

    `given_up`: it was not followed to the end, since it had raised too much already.
    """

    findings: tuple[Finding, ...]
    found: int
    events: tuple[AlarmEvent, ...]
    orders: tuple[WorkOrder, ...]
    given_up: bool = False


@dataclass(slots=True, kw_only=True)
class Runner:
    """One setting on its way.

    `too_much` hears of every alarm raised, and says when to give up.  Nothing of the equipment `beside` counts.
    """

    monitor: Monitor
    advance: Callable[[datetime], None]
    too_much: Callable[[AlarmEvent], bool] = lambda _event: False
    beside: frozenset[str] = frozenset()
    _findings: list[Finding] = field(default_factory=list)
    _found: int = 0
    _events: list[AlarmEvent] = field(default_factory=list)
    _orders: list[WorkOrder] = field(default_factory=list)
    _given_up: bool = False

    def take(self, batch: Batch, newest: datetime) -> None:
        """Decide one batch more."""
        if self._given_up:
            return
        self.advance(newest)
        self._note(self.monitor.handle(batch))

    @property
    def run(self) -> Run:
        """What it has come to so far."""
        return Run(
            findings=tuple(self._findings),
            found=self._found,
            events=tuple(self._events),
            orders=tuple(self._orders),
            given_up=self._given_up,
        )

    def _note(self, outcome: Outcome) -> None:
        # What is in shadow here only serves a composite.
        findings = [one for one in outcome.findings if not one.shadow and one.equipment not in self.beside]
        events = [event for event in outcome.events if not event.key.shadow and event.key.equipment not in self.beside]
        self._found += len(findings)
        self._findings += findings[: max(0, FINDINGS_KEPT - len(self._findings))]
        self._events += events
        self._orders += [
            step.order for step in outcome.steps if step.event == "opened" and step.order.equipment not in self.beside
        ]
        self._given_up = any(self.too_much(event) for event in events if event.kind is AlarmEventKind.RAISED)


def run_through(batches: Iterable[TelemetryColumns], runners: Sequence[Runner]) -> None:
    """All batches through all of them, each decided in the data's own time, where nothing is late."""
    for number, telemetry in enumerate(batches, start=1):
        if not len(telemetry):
            continue
        newest_ms = int(telemetry.received_at_ms.max())
        batch = Batch(number=number, received_at_ms=newest_ms, telemetry=telemetry)
        for runner in runners:
            runner.take(batch, instant(newest_ms))
