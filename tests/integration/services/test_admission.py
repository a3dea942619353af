"""What is refused at the door: foreign sites, and floods of codes and metrics that nobody declared."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.equipment import EquipmentStatus, Monitored
from iot_maint.domain.telemetry import Telemetry
from iot_maint.services.admission import Admission
from iot_maint.services.roster import Roster
from iot_maint.storage.relational.database import RelationalDatabase
from tests.decide_path import register
from tests.pump_stories import PUMP, pump

CATALOG = load_catalog()
ALIAS = replace(PUMP, code="OLD", site="gate", merged_into=PUMP.code)
STRANGER = replace(PUMP, type="unregistered", kind=None, status=EquipmentStatus.UNREGISTERED)
READING = pump(0, bearing_temp=60.0)


@pytest.fixture
def database(empty_databases: Callable[[], RelationalDatabase]) -> RelationalDatabase:
    database = empty_databases()
    register(database, PUMP, ALIAS)
    return database


@pytest.fixture
def roster(database: RelationalDatabase) -> Roster:
    roster = Roster(database, CATALOG, timedelta(hours=1), monotonic=lambda: 0.0)
    roster.refresh()
    return roster


def reason(admission: Admission, telemetry: Telemetry) -> str | None:
    rejection = admission.reject(telemetry)
    return None if rejection is None else rejection.reason


def sending(code: str, *metrics: str) -> Telemetry:
    return replace(READING, equipment=code, values=dict.fromkeys(metrics or ("temp",), 1.0))


def test_a_known_code_under_another_site_is_refused_with_both_sites(roster: Roster) -> None:
    rejection = Admission(roster, 10, 10).reject(replace(READING, site="gate"))
    assert rejection is not None
    assert rejection.reason == "site_mismatch"
    assert rejection.detail == "P-1 is registered at site s1, not gate"


def test_a_merged_code_reports_from_its_own_site_by_the_metrics_of_what_it_became(roster: Roster) -> None:
    admission = Admission(roster, 10, 0)
    assert reason(admission, replace(READING, equipment="OLD", site="gate")) is None
    assert reason(admission, replace(READING, equipment="OLD", site="s1")) == "site_mismatch"


def test_codes_within_the_bound_are_never_refused_and_those_beyond_it_always(
    roster: Roster, database: RelationalDatabase
) -> None:
    admission = Admission(roster, 3, 10)
    assert [reason(admission, sending(code)) for code in ("A", "B", "C")] == [None, None, None]
    assert reason(admission, sending("D")) == "too_many_unregistered"
    # The decide path has put them into the register: they are the same three.
    register(database, *(replace(STRANGER, code=code) for code in ("A", "B", "C")))
    roster.refresh()
    assert [reason(admission, sending(code)) for code in ("A", "B", "C")] == [None, None, None]
    assert reason(admission, sending("D")) == "too_many_unregistered"


def test_registering_makes_room_for_another_stranger(roster: Roster, database: RelationalDatabase) -> None:
    admission = Admission(roster, 1, 10)
    assert reason(admission, sending("A")) is None
    assert reason(admission, sending("B")) == "too_many_unregistered"
    register(database, replace(PUMP, code="A"))
    roster.refresh()
    assert reason(admission, sending("B")) is None


@pytest.mark.parametrize("code", ["A", PUMP.code])
def test_undeclared_metrics_are_taken_up_to_the_bound_of_their_code(roster: Roster, code: str) -> None:
    admission = Admission(roster, 10, 2)
    assert reason(admission, sending(code, "m1", "m2")) is None
    assert reason(admission, sending(code, "m2", "m3")) == "too_many_metrics"
    assert reason(admission, sending(code, "m1", "m2")) is None


def test_declared_metrics_never_count(roster: Roster) -> None:
    admission = Admission(roster, 10, 1)
    declared = CATALOG.types["pump"].metrics
    assert reason(admission, sending(PUMP.code, *declared, "m1")) is None
    assert reason(admission, sending(PUMP.code, *declared, "m2")) == "too_many_metrics"


def test_before_the_register_was_read_nothing_is_refused(database: RelationalDatabase) -> None:
    unread = Roster(database, CATALOG, timedelta(hours=1), monotonic=lambda: 0.0)
    admission = Admission(unread, 0, 0)
    assert reason(admission, replace(READING, site="gate")) is None
    assert reason(admission, sending("A")) is None


class CountingRoster(Roster):
    """Counts how often the register was looked into."""

    looks = 0

    @property
    def entries(self) -> Mapping[str, Monitored]:
        self.looks += 1
        return super().entries


def test_a_flood_beyond_the_bound_is_refused_without_a_look_through_all_within_it(database: RelationalDatabase) -> None:
    roster = CountingRoster(database, CATALOG, timedelta(hours=1), monotonic=lambda: 0.0)
    roster.refresh()
    admission = Admission(roster, 500, 10)
    for number in range(500):
        assert reason(admission, sending(f"within-{number}")) is None
    roster.looks = 0
    for number in range(100):
        assert reason(admission, sending(f"beyond-{number}")) == "too_many_unregistered"
    assert roster.looks < 2_000
