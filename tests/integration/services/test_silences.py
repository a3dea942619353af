"""One sensor, one gateway, the platform, and equipment that stands: four silences, told apart, none with a storm."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from iot_maint.domain.equipment import Equipment, EquipmentStatus
from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.domain.telemetry import Rejection, Telemetry
from iot_maint.domain.work_orders import WorkOrderStatus
from iot_maint.services.follow_up import FollowUp
from iot_maint.services.ordering import OrderDesk
from iot_maint.storage.relational.database import RelationalDatabase
from tests.decide_path import SHANGHAI, orders_of, register
from tests.silence_stories import CATALOG, USUAL, Site, Talk, a_pump, told, without

Sites = Callable[..., Site]


@pytest.fixture
def a_site(empty_databases: Callable[[], RelationalDatabase]) -> Sites:
    def make(*equipment: Equipment) -> Site:
        database = empty_databases()
        register(database, *equipment)
        return Site(database)

    return make


FIVE = tuple(a_pump(f"P-{number}", "GW-1") for number in range(1, 6))
FIVE_TALK = tuple(Talk(one.code) for one in FIVE)


def test_a_sensor_is_silent_after_three_of_its_intervals_while_its_device_reports_on(a_site: Sites) -> None:
    site = a_site(a_pump("P-1"))
    assert site.play(10, Talk("P-1")) == []

    assert site.play(2.9, Talk("P-1", without("bearing_temp"))) == []
    events = site.play(0.2, Talk("P-1", without("bearing_temp")))

    assert told(events) == ["raised P-1 SENSOR-SILENT sensor.bearing_temp"]
    silence = events[0].finding.evidence.silence
    assert silence is not None
    assert (silence.interval_s, silence.silent_s) == (60.0, 180.0)
    assert events[0].finding.evidence.readings[-1][1] == USUAL["bearing_temp"]
    (order,) = orders_of(site.database)
    assert (order.fault_mode, order.urgency, order.equipment) == ("SENSOR-SILENT", 4, "P-1")


def test_a_fast_sensor_is_not_missed_within_a_minute(a_site: Sites) -> None:
    site = a_site(a_pump("P-1"))
    site.play(5, Talk("P-1"))
    assert site.play(0.9, Talk("P-1", without("suction_pressure"))) == []
    assert told(site.play(0.2, Talk("P-1", without("suction_pressure")))) == [
        "raised P-1 SENSOR-SILENT sensor.suction_pressure"
    ]


def test_a_second_silent_sensor_of_the_same_equipment_joins_the_order(a_site: Sites) -> None:
    site = a_site(a_pump("P-1"))
    site.play(5, Talk("P-1"))
    left = {"running": 1.0, "suction_pressure": 0.2}
    assert told(site.play(4, Talk("P-1", left))) == [
        "raised P-1 SENSOR-SILENT sensor.bearing_temp",
        "joined P-1 SENSOR-SILENT sensor.vib_rms",
    ]
    (order,) = orders_of(site.database)
    assert [evidence.metric for evidence in order.evidence] == ["bearing_temp", "vib_rms"]


def test_a_sensor_that_is_heard_again_clears_its_alarm_and_its_order_stays(a_site: Sites) -> None:
    site = a_site(a_pump("P-1"))
    site.play(5, Talk("P-1"))
    site.play(4, Talk("P-1", without("bearing_temp")))

    assert told(site.play(1, Talk("P-1"))) == ["cleared P-1 SENSOR-SILENT sensor.bearing_temp"]

    (order,) = orders_of(site.database)
    assert order.status is WorkOrderStatus.OPEN
    assert told(site.play(4, Talk("P-1", without("bearing_temp")))) == ["raised P-1 SENSOR-SILENT sensor.bearing_temp"]
    assert len(orders_of(site.database)) == 1


def test_a_silent_gateway_is_one_order_and_none_for_what_stands_behind_it(a_site: Sites) -> None:
    site = a_site(*FIVE)
    site.play(5, *FIVE_TALK)

    events = site.play(30)

    assert told(events) == ["raised P-1 GATEWAY-SILENT gateway"]
    (order,) = orders_of(site.database)
    assert (order.fault_mode, order.urgency) == ("GATEWAY-SILENT", 3)
    silence = order.evidence[0].silence
    assert silence is not None
    assert (silence.gateway, silence.equipment) == ("GW-1", ("P-1", "P-2", "P-3", "P-4", "P-5"))


def test_what_stays_dead_when_the_gateway_is_back_gets_its_own_order_after_its_own_time(a_site: Sites) -> None:
    site = a_site(*FIVE)
    site.play(5, *FIVE_TALK)
    site.play(30)
    back = (*FIVE_TALK[:4], Talk("P-5", without("bearing_temp")))

    assert told(site.play(2.8, *back)) == ["cleared P-1 GATEWAY-SILENT gateway"]
    assert told(site.play(0.5, *back)) == ["raised P-5 SENSOR-SILENT sensor.bearing_temp"]
    assert len(orders_of(site.database)) == 2


def test_one_dead_device_behind_a_live_gateway_is_one_order_not_one_a_sensor(a_site: Sites) -> None:
    site = a_site(*FIVE)
    site.play(5, *FIVE_TALK)
    assert told(site.play(30, *FIVE_TALK[1:])) == ["raised P-1 SENSOR-SILENT equipment"]
    assert told(site.play(1, *FIVE_TALK)) == ["cleared P-1 SENSOR-SILENT equipment"]


def test_devices_that_die_together_behind_a_live_gateway_are_one_order(a_site: Sites) -> None:
    site = a_site(*(a_pump(f"P-{number}", "GW-1") for number in range(1, 6)))
    everybody = [Talk(f"P-{number}") for number in range(1, 6)]
    site.play(10, *everybody)
    site.play(10, everybody[0])

    (order,) = orders_of(site.database)
    assert order.fault_mode == "SENSOR-SILENT"
    behind = {symptom.equipment for symptom in order.symptoms}
    assert behind | {order.equipment} == {"P-2", "P-3", "P-4", "P-5"}


def test_a_device_that_stays_dead_when_the_first_one_is_back_has_its_own_order_then(a_site: Sites) -> None:
    site = a_site(*FIVE)
    site.play(10, *FIVE_TALK)
    site.play(10, FIVE_TALK[0])
    (order,) = orders_of(site.database)
    back = [talk for talk in FIVE_TALK if talk.code in (FIVE[0].code, order.equipment)]
    desk = OrderDesk(catalog=CATALOG, clock=site.clock, site_zone=SHANGHAI, channels=())
    follow_up = FollowUp(database=site.database, desk=desk, heard=lambda _equipment: {})
    site.play(14, *back)
    assert follow_up.run() == []
    site.play(2, *FIVE_TALK[:4])

    opened = [step.order.equipment for step in follow_up.run()]
    assert opened == [FIVE[4].code]


def test_a_device_that_dies_an_hour_later_or_behind_another_gateway_has_its_own_order(a_site: Sites) -> None:
    codes = {"P-1": "GW-1", "P-2": "GW-1", "P-3": "GW-1", "P-4": "GW-2", "P-5": "GW-2"}
    site = a_site(*(a_pump(code, gateway) for code, gateway in codes.items()))
    site.play(10, *(Talk(code) for code in codes))
    site.play(60, Talk("P-1"), Talk("P-3"), Talk("P-4"))
    site.play(10, Talk("P-1"), Talk("P-4"))

    assert sorted(order.equipment for order in orders_of(site.database)) == ["P-2", "P-3", "P-5"]


def test_a_device_without_a_gateway_is_its_own(a_site: Sites) -> None:
    site = a_site(a_pump("P-1"), a_pump("P-2"))
    site.play(5, Talk("P-1"), Talk("P-2"))
    events = site.play(10, Talk("P-2"))
    assert told(events) == ["raised P-1 GATEWAY-SILENT gateway"]


def test_a_gateway_in_the_register_carries_its_own_order(a_site: Sites) -> None:
    site = a_site(a_pump("P-1", "GW-1"), a_pump("P-2", "GW-1"), a_pump("GW-1"), a_pump("P-9"))
    site.play(5, Talk("P-1"), Talk("P-2"), Talk("P-9"))
    assert told(site.play(10, Talk("P-9"))) == ["raised GW-1 GATEWAY-SILENT gateway"]
    assert told(site.play(1, Talk("P-9"), Talk("P-1"))) == ["cleared GW-1 GATEWAY-SILENT gateway"]


@pytest.mark.parametrize("minutes", [10, 60])
def test_while_nobody_can_be_heard_nobody_is_silent(a_site: Sites, minutes: int) -> None:
    site = a_site(*FIVE)
    site.play(5, *FIVE_TALK)
    site.deaf = True
    assert site.play(minutes) == []
    site.deaf = False
    assert site.play(10, *FIVE_TALK) == []
    assert orders_of(site.database) == []


def test_a_stopped_pump_is_not_missed_in_what_it_measures_while_running(a_site: Sites) -> None:
    site = a_site(a_pump("P-1"))
    site.play(5, Talk("P-1"))
    standing = {"running": 0.0, "bearing_temp": 40.0, "suction_pressure": 0.2}
    assert site.play(60, Talk("P-1", standing)) == []
    # It runs again: the vibration has its own time from there.
    running = {**standing, "running": 1.0}
    assert site.play(2.8, Talk("P-1", running)) == []
    assert told(site.play(0.5, Talk("P-1", running))) == ["raised P-1 SENSOR-SILENT sensor.vib_rms"]


@pytest.mark.parametrize(
    "status", [EquipmentStatus.STOPPED, EquipmentStatus.UNDER_MAINTENANCE, EquipmentStatus.RETIRED]
)
def test_equipment_that_is_not_in_service_is_not_missed(a_site: Sites, status: EquipmentStatus) -> None:
    site = a_site(a_pump("P-1"), a_pump("P-2"))
    site.play(5, Talk("P-1"), Talk("P-2"))
    _change(site, replace(a_pump("P-1"), status=status))
    assert site.play(60, Talk("P-2")) == []
    _change(site, a_pump("P-1"))
    assert told(site.play(4, Talk("P-2"))) == ["raised P-1 GATEWAY-SILENT gateway"]


def test_equipment_stopped_while_nothing_at_all_is_heard_is_not_missed(a_site: Sites) -> None:
    site = a_site(a_pump("P-1"))
    site.play(5, Talk("P-1"))
    _change(site, replace(a_pump("P-1"), status=EquipmentStatus.STOPPED))
    assert site.play(60) == []


def test_equipment_that_is_retired_lets_its_silence_go(a_site: Sites) -> None:
    site = a_site(a_pump("P-1"), a_pump("P-2"))
    site.play(5, Talk("P-1"), Talk("P-2"))
    site.play(10, Talk("P-2"))
    _change(site, replace(a_pump("P-1"), status=EquipmentStatus.RETIRED))
    assert told(site.play(1, Talk("P-2"))) == ["cleared P-1 GATEWAY-SILENT gateway"]


def test_what_comes_by_event_is_never_silent(a_site: Sites) -> None:
    site = a_site(a_pump("P-1"), a_pump("P-2"))
    site.play(1, Talk("P-1", {"pressure_spike": 1.1, "fire_auto_mode": 1.0}), Talk("P-2"))
    assert site.play(600, Talk("P-2")) == []


def test_a_metric_that_never_came_is_not_missed(a_site: Sites) -> None:
    site = a_site(a_pump("P-1"))
    assert site.play(60, Talk("P-1", {"bearing_temp": 60.0})) == []


def test_the_registers_interval_is_the_one_that_counts(a_site: Sites) -> None:
    slow = a_pump("P-1", parameters={"interval.bearing_temp": 600.0})
    site = a_site(slow)
    site.play(5, Talk("P-1"))
    assert site.play(29, Talk("P-1", without("bearing_temp"))) == []
    assert told(site.play(2, Talk("P-1", without("bearing_temp")))) == ["raised P-1 SENSOR-SILENT sensor.bearing_temp"]


def test_the_registers_own_time_without_data_is_the_one_that_counts(a_site: Sites) -> None:
    site = a_site(a_pump("P-1", parameters={"no_data.bearing_temp": 900.0}))
    site.play(5, Talk("P-1"))
    assert site.play(14.8, Talk("P-1", without("bearing_temp"))) == []
    assert told(site.play(0.4, Talk("P-1", without("bearing_temp")))) == [
        "raised P-1 SENSOR-SILENT sensor.bearing_temp"
    ]


def test_after_a_restart_nothing_is_silent_before_its_time_and_nothing_is_forgotten(a_site: Sites) -> None:
    site = a_site(a_pump("P-1"))
    site.play(5, Talk("P-1"))
    dead = Talk("P-1", without("bearing_temp"))
    site.play(2, dead)
    site.restart()
    assert site.play(2.8, dead) == []
    assert told(site.play(0.5, dead)) == ["raised P-1 SENSOR-SILENT sensor.bearing_temp"]


def test_a_restart_doubles_no_standing_silence_and_still_clears_it(a_site: Sites) -> None:
    site = a_site(*FIVE, a_pump("P-9"))
    site.play(5, *FIVE_TALK, Talk("P-9"))
    site.play(4, Talk("P-9", without("vib_rms")))
    assert len(orders_of(site.database)) == 2
    site.restart()
    assert site.play(30, Talk("P-9", without("vib_rms"))) == []
    assert told(site.play(1, *FIVE_TALK, Talk("P-9"))) == [
        "cleared P-1 GATEWAY-SILENT gateway",
        "cleared P-9 SENSOR-SILENT sensor.vib_rms",
    ]
    assert len(orders_of(site.database)) == 2


def test_another_worker_takes_over_what_it_hears_and_misses_nothing_else(a_site: Sites) -> None:
    site = a_site(a_pump("P-1"), a_pump("P-2"))
    site.play(5, Talk("P-1"), Talk("P-2"))
    site.play(4, Talk("P-1", without("vib_rms")), Talk("P-2"))
    other = Site(site.database, worker="2", now_s=site.now_s)
    # It never heard P-2, so it does not miss it; and of P-1 it knows what stands there.
    assert told(other.play(30, Talk("P-1"))) == ["cleared P-1 SENSOR-SILENT sensor.vib_rms"]


def test_most_gateways_silent_at_once_is_one_platform_alarm_and_no_order(a_site: Sites) -> None:
    pumps = [a_pump(f"P-{number}", f"GW-{number}") for number in range(10)]
    site = a_site(*pumps)
    talk = [Talk(one.code, every_s=60 if number % 2 else 5) for number, one in enumerate(pumps)]
    site.play(10, *talk)

    assert site.play(20) == []
    (alarm,) = site.platform.standing()
    assert alarm.kind is PlatformAlarmKind.NOTHING_HEARD

    # Nine are back; the one that is not gets its order after its own time.
    assert told(site.play(10, *talk[1:])) == ["raised P-0 GATEWAY-SILENT gateway"]
    assert not site.platform.standing()


def test_a_device_refused_for_its_clock_is_not_silent(a_site: Sites) -> None:
    site = a_site(a_pump("P-1"), a_pump("P-2"))
    site.play(5, Talk("P-1"), Talk("P-2"))
    for _ in range(120):
        ahead = Telemetry(
            site="s1", equipment="P-1", at_ms=site.now_ms + 600_000, received_at_ms=site.now_ms, values=USUAL
        )
        site.listener.note_refused(ahead, Rejection(reason="ahead", detail=""))
        assert site.play(1 / 12, Talk("P-2")) == []


def test_a_retained_message_is_nobody_speaking(a_site: Sites) -> None:
    site = a_site(a_pump("P-1"), a_pump("P-2"))
    site.play(5, Talk("P-1"), Talk("P-2"))
    told_again = Telemetry(
        site="s1", equipment="P-1", at_ms=site.now_ms, received_at_ms=site.now_ms, values=USUAL, retained=True
    )
    events = []
    for _ in range(40):
        site.hear([replace(told_again, received_at_ms=site.now_ms)])
        events += site.play(1 / 12, Talk("P-2"))
    assert told(events) == ["raised P-1 GATEWAY-SILENT gateway"]


def _change(site: Site, equipment: Equipment) -> None:
    with site.database.transaction() as repositories:
        repositories.equipment.update(equipment)
    site.roster.refresh()


def test_a_worker_that_hears_the_site_of_another_writes_nothing_over_what_stands_there(a_site: Sites) -> None:
    owner = a_site(a_pump("P-1", "GW-1"), a_pump("P-2", "GW-1"))
    owner.worker = "2"
    owner.restart()
    owner.play(10, Talk("P-1"), Talk("P-2"))
    silent = Talk("P-2", metrics=without("bearing_temp"))
    assert told(owner.play(10, Talk("P-1"), silent)) == ["raised P-2 SENSOR-SILENT sensor.bearing_temp"]
    owner.watch.save()

    stranger = Site(owner.database, worker="1", now_s=owner.now_s, responsible=False)
    stranger.play(1, silent)
    stranger.watch.save()
    owner.restart()

    assert told(owner.play(10, Talk("P-1"), Talk("P-2"))) == ["cleared P-2 SENSOR-SILENT sensor.bearing_temp"]


def test_what_stands_at_a_site_that_comes_to_a_worker_is_taken_over(a_site: Sites) -> None:
    first = a_site(a_pump("P-1", "GW-1"), a_pump("P-2", "GW-1"))
    first.play(10, Talk("P-1"), Talk("P-2"))
    silent = Talk("P-2", metrics=without("bearing_temp"))
    first.play(10, Talk("P-1"), silent)
    first.watch.save()

    second = Site(first.database, worker="2", now_s=first.now_s, responsible=False)
    second.play(2, Talk("P-1"), silent)
    second.responsible = True

    assert told(second.play(10, Talk("P-1"), Talk("P-2"))) == ["cleared P-2 SENSOR-SILENT sensor.bearing_temp"]
