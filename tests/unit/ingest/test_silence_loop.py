"""Silences are judged as of what was listened to, and what our own side missed is nobody's."""

from dataclasses import dataclass, field

import pytest

from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.ingest.progress import Progress
from iot_maint.ingest.silence_loop import SilenceLoop
from iot_maint.metering import PrometheusMeter
from iot_maint.services.platform_alarms import PlatformBoard
from tests.api_builders import StandingClock


def a_board() -> PlatformBoard:
    return PlatformBoard(worker="1", clock=StandingClock(), meter=PrometheusMeter())


@dataclass
class Watch:
    """Notes when it was asked to judge, and whether we were deaf."""

    ticks: list[tuple[int, bool]] = field(default_factory=list)

    def tick(self, now_ms: int, *, deaf: bool = False) -> None:
        self.ticks.append((now_ms, deaf))

    def save(self) -> None: ...


@dataclass
class Surroundings:
    """What the loop looks at."""

    watch: Watch = field(default_factory=Watch)
    progress: Progress = field(default_factory=Progress)
    platform: PlatformBoard = field(default_factory=a_board)
    connected: bool = True
    real_s: float = 0.0

    def loop(self, speed: float = 1.0) -> SilenceLoop:
        return SilenceLoop(
            watch=self.watch,
            progress=self.progress,
            platform=self.platform,
            connected=lambda: self.connected,
            speed=speed,
            every_s=5.0,
            monotonic=lambda: self.real_s,
        )

    def heard_through(self, at_s: float, *, spooled: int = 0, decided: int = 0) -> None:
        self.real_s += 5
        self.progress.received_through_ms = round(at_s * 1000)
        self.progress.spooled, self.progress.decided = spooled, decided


@pytest.fixture
def around() -> Surroundings:
    return Surroundings()


def test_the_first_judgement_counts_from_the_start(around: Surroundings) -> None:
    loop = around.loop()
    around.heard_through(100)
    loop.step()
    around.heard_through(105)
    loop.step()
    assert around.watch.ticks == [(100_000, True), (105_000, False)]


def test_nothing_is_judged_while_batches_wait_undecided(around: Surroundings) -> None:
    loop = around.loop()
    around.heard_through(100)
    loop.step()
    around.heard_through(105, spooled=3, decided=2)
    assert not loop.step()
    around.heard_through(110, spooled=9, decided=2)
    assert not loop.step()
    # As of when the batches that are decided by now had been received, not as of now.
    around.heard_through(115, spooled=12, decided=3)
    assert loop.step()
    assert around.watch.ticks[-1] == (105_000, False)


def test_a_receiver_that_stands_still_is_nobodys_silence(around: Surroundings) -> None:
    loop = around.loop()
    around.heard_through(100)
    loop.step()
    for _ in range(5):
        around.heard_through(100)
        assert not loop.step()
    around.heard_through(600)
    loop.step()
    assert around.watch.ticks == [(100_000, True), (600_000, True)]


def test_a_clock_that_is_set_forward_makes_nobody_silent(around: Surroundings) -> None:
    loop = around.loop()
    around.heard_through(100)
    loop.step()
    around.heard_through(3700)
    loop.step()
    around.heard_through(3705)
    loop.step()
    assert around.watch.ticks[1:] == [(3_700_000, True), (3_705_000, False)]


def test_an_accelerated_clock_is_not_taken_for_one_that_was_set(around: Surroundings) -> None:
    loop = around.loop(speed=240)
    around.heard_through(100)
    loop.step()
    around.heard_through(100 + 240 * 5)
    loop.step()
    assert around.watch.ticks[-1] == (1_300_000, False)


@pytest.mark.parametrize(
    "kind",
    [
        PlatformAlarmKind.BROKER_AWAY,
        PlatformAlarmKind.TELEMETRY_STORE_AWAY,
        PlatformAlarmKind.DATABASE_AWAY,
        PlatformAlarmKind.SPOOL_FULL,
    ],
)
def test_a_platform_that_is_down_suppresses_every_silence(around: Surroundings, kind: PlatformAlarmKind) -> None:
    loop = around.loop()
    for second in range(100, 120, 5):
        around.heard_through(second)
        if second == 110:
            around.platform.raise_alarm(kind, "away")
        if second == 115:
            around.platform.clear(kind)
        loop.step()
    assert [deaf for _, deaf in around.watch.ticks] == [True, False, True, False]


def test_without_a_connection_nobody_is_silent(around: Surroundings) -> None:
    loop = around.loop()
    around.heard_through(100)
    loop.step()
    around.connected = False
    around.heard_through(105)
    loop.step()
    assert around.watch.ticks[-1] == (105_000, True)
