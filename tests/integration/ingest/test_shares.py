"""Workers that share the sites: nothing is lost, nothing is taken twice for long, whatever starts, stops and moves."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from iot_maint.domain.instants import instant
from iot_maint.domain.shares import owner_of
from iot_maint.domain.work_orders import EntryKind
from iot_maint.ingest.part import Part
from tests.ingest_worker import eventually
from tests.servers.mosquitto import MosquittoServer
from tests.shared_workers import Devices, Running, Workers, devices

SITES = [f"s{number}" for number in range(20)]
STRANGERS = ["x1", "x2", "x3"]
MINUTE_MS = 60_000


def of(index: int, count: int, sites: list[str] = SITES) -> list[str]:
    """The sites of worker `index` of `count`."""
    return [site for site in sites if owner_of(site, count) == index]


@pytest.fixture
def workers(tmp_path: Path, mosquitto: MosquittoServer) -> Iterator[Workers]:
    made = Workers(folder=tmp_path, broker=mosquitto)
    yield made
    made.close()


@pytest.fixture
def pumps(mosquitto: MosquittoServer) -> Iterator[Devices]:
    with devices(mosquitto) as connected:
        yield connected


def all_stored(workers: Workers, pumps: Devices) -> None:
    """Every message that the broker took is there once: two of one time are one point, so the times are compared."""

    def missing() -> dict[str, list[int]]:
        stored = {site: workers.stored(site) for site in pumps.sent}
        return {site: sorted({*sent} ^ {*stored[site]}) for site, sent in pumps.sent.items() if sent != stored[site]}

    with suppress(AssertionError):
        eventually(lambda: missing() == {})
    assert missing() == {}


def settled(workers: Workers, count: int, sites: list[str] = SITES) -> None:
    """Until each says that it has its sites."""
    wanted = [set(of(index, count, sites)) for index in range(1, count + 1)]
    eventually(lambda: [workers.subscribed(str(index)) for index in range(1, count + 1)] == wanted)


def leaves_to_others(one: Running, pumps: Devices, site: str, at_ms: int | None = None, **values: float) -> None:
    """Until a message of the site that reaches this worker is left to its owner."""

    def left() -> bool:
        before = one.counted("messages_left")
        pumps.publish(site, at_ms, **values)
        time.sleep(0.7)
        return one.counted("messages_left") > before

    eventually(left)


def in_step(first: Running, expected: int) -> None:
    """Until the first worker leaves so many messages of every round to the others."""

    def left_in_a_round() -> bool:
        before, received = first.counted("messages_left"), first.counted("messages_received")
        eventually(lambda: first.counted("messages_received") >= received + 3 * (len(SITES) + len(STRANGERS)))
        return first.counted("messages_left") - before >= 2 * expected

    eventually(left_in_a_round)


@pytest.mark.slow
def test_three_workers_share_the_sites_and_the_first_takes_the_strangers_too(workers: Workers, pumps: Devices) -> None:
    workers.register(*SITES)
    first, second, third = (workers.start(str(index), f"{index}/3") for index in (1, 2, 3))
    settled(workers, 3)
    for site in [*of(2, 3), *of(3, 3)]:
        leaves_to_others(first, pumps, site)
    all_stored(workers, pumps)

    def decoded() -> list[float]:
        return [one.counted("readings_decoded") for one in (first, second, third)]

    time.sleep(1)
    before = decoded()
    pumps.publish_all([*SITES, *STRANGERS])
    taken = [len(of(1, 3)) + len(STRANGERS), len(of(2, 3)), len(of(3, 3))]
    eventually(lambda: [now - then for now, then in zip(decoded(), before, strict=True)] == taken)
    all_stored(workers, pumps)


@pytest.mark.slow
def test_every_message_is_stored_once_through_a_change_from_three_workers_to_two(
    workers: Workers, pumps: Devices
) -> None:
    workers.register(*SITES)
    first = workers.start("1", "1/3")
    eventually(lambda: workers.subscribed("1") == set(of(1, 3)))
    with pumps.sending([*SITES, *STRANGERS]):
        second, third = workers.start("2", "2/3"), workers.start("3", "3/3")
        settled(workers, 3)
        in_step(first, expected=len(of(2, 3)) + len(of(3, 3)))
        pumps.pause_s = 0.01
        third.stop()
        time.sleep(0.5)
        third = workers.start("3", Part(leaving=True))
        time.sleep(2)
        second.stop()
        second = workers.start("2", "2/2")
        time.sleep(1)
        first.stop()
        first = workers.start("1", "1/2")
        settled(workers, 2)
        eventually(lambda: third.service.finished)
        third.stop()
        pumps.pause_s = 0.7
        in_step(first, expected=len(of(2, 2)))
    all_stored(workers, pumps)


@pytest.mark.slow
def test_every_message_is_stored_once_through_a_change_from_two_workers_to_three(
    workers: Workers, pumps: Devices
) -> None:
    workers.register(*SITES)
    first = workers.start("1", "1/2")
    eventually(lambda: workers.subscribed("1") == set(of(1, 2)))
    with pumps.sending([*SITES, *STRANGERS]):
        second = workers.start("2", "2/2")
        settled(workers, 2)
        in_step(first, expected=len(of(2, 2)))
        pumps.pause_s = 0.01
        # The sites that leave the second worker: before the third one is there to take them.
        second.stop()
        workers.start("2", "2/3")
        time.sleep(2)
        workers.start("3", "3/3")
        time.sleep(1)
        first.stop()
        first = workers.start("1", "1/3")
        settled(workers, 3)
        pumps.pause_s = 0.7
        in_step(first, expected=len(of(2, 3)) + len(of(3, 3)))
    all_stored(workers, pumps)


def test_a_site_that_is_registered_while_they_run_goes_to_its_owner_within_seconds(
    workers: Workers, pumps: Devices
) -> None:
    own, new = of(1, 2)[0], of(2, 2)[0]
    workers.register(own)
    first, second = workers.start("1", "1/2"), workers.start("2", "2/2")
    eventually(lambda: workers.subscribed("1") == {own})
    workers.register(new)
    eventually(lambda: workers.subscribed("2") == {new}, within_s=5)
    leaves_to_others(first, pumps, new)
    all_stored(workers, pumps)
    assert second.counted("messages_received") == len(pumps.sent[new])


def test_the_site_of_a_worker_that_was_never_started_is_taken_by_the_first(workers: Workers, pumps: Devices) -> None:
    workers.register(*SITES)
    workers.start("1", "1/2")
    eventually(lambda: workers.subscribed("1") == set(of(1, 2)))
    pumps.publish_all([*SITES, *STRANGERS])
    all_stored(workers, pumps)


@pytest.mark.slow
def test_the_sites_of_a_worker_that_died_are_taken_by_the_first_and_given_back(
    workers: Workers, pumps: Devices
) -> None:
    site = of(2, 2)[0]
    workers.register(*SITES)
    first, second = workers.start("1", "1/2"), workers.start("2", "2/2")
    settled(workers, 2)
    leaves_to_others(first, pumps, site)
    second.stop()
    time.sleep(4)
    pumps.publish(site)
    all_stored(workers, pumps)
    workers.start("2", "2/2")
    leaves_to_others(first, pumps, site)
    all_stored(workers, pumps)


@pytest.mark.slow
def test_what_waits_for_the_first_from_before_a_site_had_its_owner_is_not_left_to_that(
    workers: Workers, pumps: Devices, mosquitto: MosquittoServer
) -> None:
    mosquitto.stop()
    mosquitto.extra_configuration = "max_inflight_messages 1\n"  # what waits comes slowly
    mosquitto.start()
    site = of(2, 2)[0]
    workers.register(of(1, 2)[0])
    first = workers.start("1", "1/2")
    workers.start("2", "2/2")
    eventually(lambda: first.service.connected and workers.subscribed("1") != set())
    time.sleep(2)
    first.stop()
    pumps.publish_all([site], rounds=1500)  # nobody but the absent one is subscribed to it
    workers.register(site)
    eventually(lambda: workers.subscribed("2") == {site})
    time.sleep(1)
    first = workers.start("1", "1/2")
    all_stored(workers, pumps)
    leaves_to_others(first, pumps, site)
    all_stored(workers, pumps)


def test_a_worker_with_filters_takes_these_and_nothing_else(workers: Workers, pumps: Devices) -> None:
    workers.register("yard", "depot")
    workers.start("1", Part(filters=("iot/v1/yard/+/telemetry",)))
    one = workers.start("2", Part(filters=("iot/v1/depot/+/telemetry",)))
    eventually(lambda: one.service.connected)
    time.sleep(1)
    pumps.publish_all(["yard", "depot"], rounds=3)
    all_stored(workers, pumps)
    assert one.counted("messages_received") == 3


@pytest.fixture(params=["sqlite", "postgresql"])
def on_either_database(request: pytest.FixtureRequest, tmp_path: Path, mosquitto: MosquittoServer) -> Iterator[Workers]:
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("migrated_postgresql").url
    made = Workers(folder=tmp_path, broker=mosquitto, database_url=url)
    yield made
    made.close()


@pytest.mark.slow
def test_two_workers_given_the_same_filters_open_one_order_and_double_no_point(
    on_either_database: Workers, pumps: Devices
) -> None:
    workers = on_either_database
    workers.register("yard")
    both = [workers.start("1"), workers.start("2")]
    eventually(lambda: all(one.service.connected for one in both))
    start_ms = int(time.time() * 1000) - 30 * MINUTE_MS
    for minute in range(25):
        pumps.publish("yard", start_ms + minute * MINUTE_MS, bearing_temp=60.0 if minute < 6 else 88.0)
        time.sleep(0.2)
    all_stored(workers, pumps)
    eventually(lambda: all(one.counted("batches_decided") > 0 for one in both))
    eventually(lambda: len(workers.orders()) == 1)
    time.sleep(3)

    (order,) = workers.orders()
    assert (order.onset_at, order.raised_at) == (
        instant(start_ms + 6 * MINUTE_MS),
        instant(start_ms + 16 * MINUTE_MS),
    )
    assert [entry.kind for entry in order.timeline] == [EntryKind.OPENED]


@pytest.mark.slow
def test_a_site_that_moves_in_mid_dwell_gets_the_order_it_would_have_got(
    on_either_database: Workers, pumps: Devices
) -> None:
    workers = on_either_database
    site = of(2, 2)[0]
    workers.register(site)
    first = workers.start("1", "1/1")
    eventually(lambda: workers.subscribed("1") == {site})
    start_ms = int(time.time() * 1000) - 30 * MINUTE_MS

    def hot(first_minute: int, last_minute: int) -> None:
        for minute in range(first_minute, last_minute + 1):
            pumps.publish(site, start_ms + minute * MINUTE_MS, bearing_temp=88.0)
            time.sleep(0.3)

    hot(0, 4)
    # What no checkpoint has yet, another worker cannot be given.
    eventually(lambda: workers.holder(site) == "1")
    workers.start("2", "2/2")
    hot(5, 6)
    first.stop()
    first = workers.start("1", "1/2")
    eventually(lambda: workers.subscribed("2") == {site})
    leaves_to_others(first, pumps, site, start_ms + 7 * MINUTE_MS, bearing_temp=88.0)
    hot(8, 14)
    eventually(lambda: len(workers.orders()) == 1)
    time.sleep(3)

    (order,) = workers.orders()
    assert (order.onset_at, order.raised_at) == (instant(start_ms), instant(start_ms + 10 * MINUTE_MS))
    assert order.opened_at - order.raised_at < timedelta(hours=1)
    assert [entry.kind for entry in order.timeline] == [EntryKind.OPENED]
