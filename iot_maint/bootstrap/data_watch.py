"""Who is heard, how good their data is, and whose clock is wrong: what listens to every batch, and its loops."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from iot_maint.bootstrap.installation import Installation
from iot_maint.clock import speed_of
from iot_maint.domain.alarms import AlarmEvent
from iot_maint.domain.instants import epoch_ms
from iot_maint.ingest.progress import Progress
from iot_maint.ingest.quality_reporter import QualityReporter
from iot_maint.ingest.silence_loop import SilenceLoop
from iot_maint.services.monitoring import Outcome
from iot_maint.services.ordering import OrderStep
from iot_maint.services.quality.listener import Listener
from iot_maint.services.quality.own_clock import OwnClock
from iot_maint.services.quality.report import QualityReport
from iot_maint.services.quality.silences import Patience, SilenceWatch

# Of real time: what comes every second must not be missed for a hiccup of the broker.
SHORTEST_SILENCE = timedelta(minutes=1)
JUDGE_EVERY = timedelta(seconds=5)

OnOutcome = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataWatch:
    """`loops` by name: each runs until the service stops."""

    listener: Listener
    silences: SilenceLoop
    quality: QualityReporter

    @property
    def loops(self) -> Mapping[str, Callable[[threading.Event], None]]:
        return {"silences": self.silences.run, "quality": self.quality.run}


def make_data_watch(
    installation: Installation,
    progress: Progress,
    connected: Callable[[], bool],
    owns: Callable[[str], bool],
    on_outcome: OnOutcome | None,
) -> DataWatch:
    """For the equipment of the sites that this worker `owns`; `connected`: whether the broker is there."""
    settings, clock, platform = installation.settings, installation.clock, installation.platform
    speed = speed_of(clock)
    listener = Listener(installation.roster, installation.meter)
    own_clock = OwnClock(listener=listener, platform=platform, now_ms=lambda: epoch_ms(clock.now()), speed=speed)
    watch = SilenceWatch(
        listener=listener,
        database=installation.database,
        roster=installation.roster,
        desk=installation.desk,
        meter=installation.meter,
        platform=platform,
        worker=settings.worker,
        patience=Patience(factor=settings.silent_after, at_least=speed * SHORTEST_SILENCE),
        on_silence=_tell(on_outcome),
        responsible=lambda equipment: owns(equipment.site),
    )
    silences = SilenceLoop(
        watch=watch,
        progress=progress,
        platform=platform,
        connected=connected,
        speed=speed,
        beside=(own_clock.check,),
        every_s=JUDGE_EVERY.total_seconds(),
    )
    report = QualityReport(
        listener=listener, meter=installation.meter, frozen_after=settings.frozen_after, standing=watch.standing
    )
    quality = QualityReporter(points=report.points, store=installation.telemetry, clock=clock)
    return DataWatch(listener=listener, silences=silences, quality=quality)


def _tell(on_outcome: OnOutcome | None) -> Callable[[Sequence[AlarmEvent], Sequence[OrderStep]], None]:
    def tell(events: Sequence[AlarmEvent], steps: Sequence[OrderStep]) -> None:
        if on_outcome is not None:
            findings = tuple(event.finding for event in events)
            on_outcome(Outcome(findings=findings, events=tuple(events), steps=tuple(steps)))

    return tell
