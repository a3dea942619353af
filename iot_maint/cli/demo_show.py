"""What the demo prints while it runs: orders as they come, what a model in shadow sees, and a line of progress."""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Event

from iot_maint.bootstrap.installation import Installation
from iot_maint.cli.console import say
from iot_maint.domain.errors import MaintError
from iot_maint.domain.findings import Finding, FindingKind
from iot_maint.domain.queries import PageRequest, WorkOrderQuery
from iot_maint.domain.work_orders import EntryKind, Origin, TimelineEntry, WorkOrder
from iot_maint.services.monitoring import Outcome
from iot_maint.services.order_text import order_text
from iot_maint.services.ordering import OrderStep
from iot_maint.services.shadow_text import shadow_text

PROGRESS_EVERY_S = 10.0
_LOOK_EVERY_S = 1.0
_WATCHED = frozenset({"opened", "urgency_raised", "alarm_cleared", "reopened", "made_due"})
# Of the forecast job, which tells nobody here: read from the orders, as anybody would.
_FORESEEN = frozenset({EntryKind.PLANNED, EntryKind.MOVED, EntryKind.WITHDRAWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How many orders an alarm opened, and how many a forecast planned."""

    opened: int
    planned: int


@dataclass(slots=True, kw_only=True)
class Show:
    """One run; `outcomes` come from the ingest part's thread."""

    installation: Installation
    token: str
    devices: subprocess.Popen[bytes]
    devices_log: Path
    outcomes: "Queue[Outcome]"
    _opened: int = 0
    _planned: int = 0
    _entries_said: set[tuple[str, TimelineEntry]] = field(default_factory=set)

    def watch(self, until: float | None, stopping: Event) -> Seen:
        """Print what comes until then (monotonic seconds) or until told to stop."""
        progress_at = time.monotonic() + PROGRESS_EVERY_S
        look_at = time.monotonic()
        while not stopping.is_set() and (until is None or time.monotonic() < until):
            self._check_devices()
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + _LOOK_EVERY_S
                for order, entry in self._new_plans():
                    self._say_plan(order, entry)
            if time.monotonic() >= progress_at:
                progress_at += PROGRESS_EVERY_S
                self._say_progress()
            try:
                outcome = self.outcomes.get(timeout=0.2)
            except Empty:
                continue
            for finding in outcome.findings:
                if finding.shadow and finding.kind is FindingKind.RAISED:
                    self._say_shadow(finding)
            for step in outcome.steps:
                if step.event in _WATCHED:
                    self._say_step(step)
        return Seen(opened=self._opened, planned=self._planned)

    def _check_devices(self) -> None:
        if self.devices.poll() is not None:
            words = self.devices_log.read_text("utf-8", "replace").strip().splitlines()
            raise MaintError(f"the simulated devices stopped: {words[-1] if words else 'they said nothing'}")

    def _new_plans(self) -> Iterator[tuple[WorkOrder, TimelineEntry]]:
        with self.installation.database.reading() as repositories:
            orders = repositories.orders.page(WorkOrderQuery(), PageRequest()).items
        for order in orders:
            for entry in order.timeline if order.origin is Origin.FORECAST else ():
                if entry.kind in _FORESEEN and (order.number, entry) not in self._entries_said:
                    self._entries_said.add((order.number, entry))
                    yield order, entry

    def _say_plan(self, order: WorkOrder, entry: TimelineEntry) -> None:
        self._planned += entry.kind is EntryKind.PLANNED
        self._say_order(entry.kind.value, order, entry)

    def _say_step(self, step: OrderStep) -> None:
        self._opened += step.event == "opened"
        self._say_order(step.event, step.order, step.entry)
        if step.event == "opened" and self._opened == 1:
            url = f"http://{self.installation.settings.http_bind}/api/v1/work-orders/{step.order.number}"
            say(f"\n自己看看 · see for yourself:\n  curl -s -H 'Authorization: Bearer {self.token}' {url}\n")

    def _say_order(self, event: str, order: WorkOrder, entry: TimelineEntry) -> None:
        settings = self.installation.settings
        with self.installation.database.reading() as repositories:
            equipment = repositories.equipment.get(order.equipment)
        say(f"\n[{event}] {entry.at.astimezone(settings.zone):%Y-%m-%d %H:%M:%S%z}")
        say(order_text(order, self.installation.catalog, equipment, settings.language, settings.zone))

    def _say_shadow(self, finding: Finding) -> None:
        settings = self.installation.settings
        with self.installation.database.reading() as repositories:
            equipment = repositories.equipment.get(finding.equipment)
        say(f"\n[shadow] {finding.at.astimezone(settings.zone):%Y-%m-%d %H:%M:%S%z}")
        say(shadow_text(finding, self.installation.catalog, equipment, settings.language, settings.zone))

    def _say_progress(self) -> None:
        now = self.installation.clock.now().astimezone(self.installation.settings.zone)
        stored = self.installation.meter.total("points_stored")
        say(f"  {now:%Y-%m-%d %H:%M} 现场时间 site time · 已存遥测 telemetry stored {stored:.0f}")
