"""Confirm and merge: the history of a code follows it, however late its last points arrive."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from iot_maint.clock import ReplayClock
from iot_maint.domain.equipment import Transfer, TransferKind
from iot_maint.domain.ports import Database, TelemetryStore
from iot_maint.domain.telemetry import Point
from iot_maint.services.transfers import SETTLING, run_transfers
from iot_maint.storage.relational.database import open_database
from iot_maint.storage.telemetry import open_telemetry_store
from tests.builders import T0
from tests.migrated import a_database

T0_MS = int(T0.timestamp() * 1000)
MERGE = Transfer(
    id=0,
    kind=TransferKind.MERGE,
    source="泵 1",
    source_site="gate",
    from_measurement="unregistered",
    target="P-1",
    target_site="s1",
    to_measurement="pump",
    requested_at=T0,
    requested_by="li",
)
CONFIRM = replace(MERGE, kind=TransferKind.CONFIRM, target="泵 1", target_site="gate")


class Site:
    """A register, a telemetry store, and a clock at the transfer's request."""

    def __init__(self, database: Database, store: TelemetryStore) -> None:
        self.database = database
        self.store = store
        self.clock = ReplayClock(T0)

    def receive(self, *instants: int, source: str = MERGE.source) -> None:
        tags = {"site": "gate", "equipment": source}
        self.store.write(
            [
                Point(measurement="unregistered", tags=tags, at_ms=T0_MS + at, fields={"vib_rms": 2.5, "running": 1.0})
                for at in instants
            ]
        )

    def request(self, transfer: Transfer) -> int:
        with self.database.transaction() as repositories:
            return repositories.equipment.add_transfer(transfer).id

    def note_stored(self, worker: str, after: timedelta) -> None:
        with self.database.transaction() as repositories:
            repositories.checkpoints.save_stored(worker, T0 + after)

    def run(self) -> int:
        return run_transfers(self.database, self.store, self.clock)

    def transfer(self, number: int) -> Transfer:
        with self.database.reading() as repositories:
            found = repositories.equipment.transfer(number)
        assert found is not None
        return found

    def points(self, equipment: str = "P-1", site: str = "s1", measurement: str = "pump") -> list[Point]:
        return [point for chunk in self.store.read_points(measurement, site, equipment) for point in chunk]


@pytest.fixture(params=["sqlite", "influxdb"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    url = f"sqlite:///{tmp_path / 'telemetry.db'}"
    if request.param == "influxdb":
        url = request.getfixturevalue("influxdb").telemetry_url
    store = open_telemetry_store(url)
    with open_database(a_database(tmp_path)) as database:
        yield Site(database, store)
    store.close()


def test_a_merge_copies_the_history_under_the_targets_name_site_and_type(site: Site) -> None:
    site.receive(*range(0, 5_000_000, 1_000))
    site.receive(7, source="another")
    number = site.request(MERGE)
    site.note_stored("1", SETTLING)

    assert site.run() == 1

    copied = site.points()
    assert len(copied) == 5_000
    assert copied[0] == Point(
        measurement="pump",
        tags={"site": "s1", "equipment": "P-1"},
        at_ms=T0_MS,
        fields={"vib_rms": 2.5, "running": 1.0},
    )
    done = site.transfer(number)
    assert (done.points_copied, done.finished_at) == (5_000, T0)
    assert site.run() == 0


def test_a_confirmed_code_keeps_its_name_and_changes_its_measurement(site: Site) -> None:
    site.receive(1, 2)
    site.request(CONFIRM)
    site.note_stored("1", SETTLING)

    assert site.run() == 1
    assert [point.at_ms - T0_MS for point in site.points("泵 1", "gate")] == [1, 2]


def test_the_history_is_there_at_once_and_what_a_spool_still_held_follows(site: Site) -> None:
    site.receive(1)
    number = site.request(MERGE)
    site.note_stored("1", timedelta(hours=1))
    site.note_stored("2", SETTLING - timedelta(milliseconds=1))

    assert site.run() == 0
    assert len(site.points()) == 1
    assert site.transfer(number).finished_at is None

    site.receive(2, 3)
    site.note_stored("2", SETTLING)
    assert site.run() == 1
    assert len(site.points()) == 3
    assert site.transfer(number).points_copied == 3


def test_a_transfer_waits_for_a_first_worker_to_say_how_far_it_is(site: Site) -> None:
    site.receive(1)
    site.request(MERGE)

    assert site.run() == 0
    site.note_stored("1", SETTLING)
    assert site.run() == 1


def test_copying_again_changes_nothing(site: Site) -> None:
    site.receive(1, 2)
    site.note_stored("1", SETTLING)
    site.request(MERGE)
    site.run()
    before = site.points()
    site.request(MERGE)
    site.run()

    assert site.points() == before


def test_a_code_without_points_is_moved_too(site: Site) -> None:
    number = site.request(MERGE)
    site.note_stored("1", SETTLING)

    assert site.run() == 1
    assert site.transfer(number).points_copied == 0


def test_a_transfer_that_the_store_refuses_holds_up_no_other(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    bucket = request.getfixturevalue("influxdb")
    bucket.write('pump,site=s1,equipment=P-9 vib_rms="text" 1767225600000')
    with open_database(a_database(tmp_path)) as database:
        site = Site(database, open_telemetry_store(bucket.telemetry_url))
        site.receive(1)
        refused = site.request(MERGE)
        welcome = site.request(replace(MERGE, to_measurement="elevator"))
        site.note_stored("1", SETTLING)

        assert site.run() == 1
        assert site.transfer(refused).finished_at is None
        assert site.transfer(welcome).finished_at is not None
