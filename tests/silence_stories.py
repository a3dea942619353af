"""A site whose devices talk, fall silent and come back, judged as a worker judges it: by the minute, every 5 s."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from iot_maint.catalog import load_catalog
from iot_maint.domain.alarms import AlarmEvent
from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.ports import Database
from iot_maint.domain.telemetry import Telemetry
from iot_maint.metering import PrometheusMeter
from iot_maint.services.ordering import OrderDesk
from iot_maint.services.platform_alarms import PlatformBoard
from iot_maint.services.quality.listener import Listener
from iot_maint.services.quality.silences import Patience, SilenceWatch
from iot_maint.services.roster import Roster
from tests.api_builders import StandingClock
from tests.builders import T0, an_equipment
from tests.decide_path import SHANGHAI

CATALOG = load_catalog()
T0_MS = round(T0.timestamp() * 1000)
USUAL = {"running": 1.0, "bearing_temp": 60.0, "vib_rms": 2.0, "suction_pressure": 0.2}


def a_pump(code: str, gateway: str | None = None, *, parameters: dict[str, float] | None = None) -> Equipment:
    return replace(an_equipment(code, parameters=parameters), gateway=gateway)


@dataclass
class Talk:
    """What one pump sends, and how often (s)."""

    code: str
    metrics: dict[str, float] = field(default_factory=lambda: dict(USUAL))
    every_s: int = 5


@dataclass
class Site:
    """One worker's ears; `restart` is another process on the same database."""

    database: Database
    worker: str = "1"
    now_s: float = 0.0
    deaf: bool = False
    responsible: bool = True
    clock: StandingClock = field(default_factory=StandingClock)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.meter = PrometheusMeter()
        self.roster = Roster(self.database, CATALOG, timedelta(hours=1), monotonic=lambda: self.now_s)
        self.roster.refresh()
        self.listener = Listener(self.roster, self.meter)
        self.platform = PlatformBoard(worker=self.worker, clock=self.clock, meter=PrometheusMeter())
        self.watch = SilenceWatch(
            listener=self.listener,
            database=self.database,
            roster=self.roster,
            desk=OrderDesk(catalog=CATALOG, clock=self.clock, site_zone=SHANGHAI, channels=()),
            meter=self.meter,
            platform=self.platform,
            worker=self.worker,
            patience=Patience(factor=3, at_least=timedelta(minutes=1)),
            responsible=lambda _equipment: self.responsible,
        )
        self.first = True

    @property
    def now_ms(self) -> int:
        return T0_MS + round(self.now_s * 1000)

    def play(self, minutes: float, *talks: Talk) -> list[AlarmEvent]:
        """Let these talk for that long; what the ticks came to."""
        events: list[AlarmEvent] = []
        until = self.now_s + minutes * 60
        while self.now_s < until:
            self.now_s += 5
            self.hear(
                Telemetry(
                    site="s1",
                    equipment=talk.code,
                    at_ms=self.now_ms,
                    received_at_ms=self.now_ms,
                    values=talk.metrics,
                )
                for talk in talks
                if self.now_s % talk.every_s == 0
            )
            events += self.tick()
        return events

    def hear(self, telemetry: Iterable[Telemetry]) -> None:
        self.listener.observe(TelemetryColumns.of(telemetry))

    def tick(self) -> list[AlarmEvent]:
        self.clock.at = T0 + timedelta(seconds=self.now_s)
        events = self.watch.tick(self.now_ms, deaf=self.deaf or self.first)
        self.first = False
        return list(events)


def told(events: Iterable[AlarmEvent]) -> list[str]:
    """`raised P-1 SENSOR-SILENT bearing_temp`, in short."""
    return [
        f"{event.kind.value} {event.key.equipment} {event.key.fault_mode} {event.finding.rule.removeprefix('silence.')}"
        for event in events
    ]


def without(metric: str) -> dict[str, float]:
    return {name: value for name, value in USUAL.items() if name != metric}
