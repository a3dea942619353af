"""What only a real InfluxDB can show: its refusals, its absence, its retention, and what a dashboard then sees."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import formatdate

import httpx
import pytest

from iot_maint.domain.errors import StoreRefused, StoreUnavailable
from iot_maint.domain.queries import SeriesQuery
from iot_maint.domain.telemetry import Point
from iot_maint.storage.telemetry import InfluxTelemetryStore, open_telemetry_store
from iot_maint.storage.telemetry.urls import InfluxAddress
from tests.receivers import Answer, receiving
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.processes import free_port

POINT = Point(
    measurement="pump", tags={"site": "north", "equipment": "P-01"}, at_ms=1_767_225_600_000, fields={"vib_rms": 2.0}
)
WRONG_TOKEN = secrets.token_hex(16)
QUERY = SeriesQuery(measurement="pump", equipment="P-01", metrics=["vib_rms"], start_ms=0, end_ms=2_000_000_000_000)


def store_of(bucket: InfluxdbBucket, *, token: str = "", name: str = "") -> InfluxTelemetryStore:
    return InfluxTelemetryStore(
        InfluxAddress(base_url=bucket.url, org=bucket.org, bucket=name or bucket.bucket, token=token or bucket.token),
        timeout=timedelta(seconds=5),
    )


@contextmanager
def answering(status: int, body: bytes = b"", **headers: str) -> Iterator[InfluxTelemetryStore]:
    """A store whose server gives everybody the same answer."""
    with receiving(Answer(status=status, headers=headers, body=body)) as receiver:
        address = InfluxAddress(
            base_url=f"http://{receiver.host}:{receiver.port}", org="o", bucket="b", token=WRONG_TOKEN
        )
        yield InfluxTelemetryStore(address)


def read_only_token(bucket: InfluxdbBucket) -> str:
    client = httpx.Client(base_url=bucket.url, headers={"Authorization": f"Token {bucket.token}"}, trust_env=False)
    with client:
        org = client.get("/api/v2/orgs", params={"org": bucket.org}).json()["orgs"][0]["id"]
        found = client.get("/api/v2/buckets", params={"name": bucket.bucket}).json()["buckets"][0]["id"]
        permission = {"action": "read", "resource": {"type": "buckets", "id": found, "orgID": org}}
        made = client.post("/api/v2/authorizations", json={"orgID": org, "permissions": [permission]})
    token: str = made.raise_for_status().json()["token"]
    return token


def test_a_wrong_token_is_refused_with_401_in_every_direction(influxdb: InfluxdbBucket) -> None:
    store = store_of(influxdb, token=WRONG_TOKEN)

    for call in (store.check, lambda: store.write([POINT]), lambda: store.read_series(QUERY), store.retention_days):
        with pytest.raises(StoreRefused, match=r"[Uu]nauthorized") as refusal:
            call()
        assert refusal.value.status == 401


def test_a_missing_bucket_is_refused_with_404_and_its_name(influxdb: InfluxdbBucket) -> None:
    store = store_of(influxdb, name="elsewhere")

    for call in (store.check, lambda: store.write([POINT]), lambda: store.read_series(QUERY), store.retention_days):
        with pytest.raises(StoreRefused, match="elsewhere") as refusal:
            call()
        assert refusal.value.status == 404


def test_a_token_that_may_only_read_does_not_pass_the_check(influxdb: InfluxdbBucket) -> None:
    store = store_of(influxdb, token=read_only_token(influxdb))

    with pytest.raises(StoreRefused) as refusal:
        store.check()
    assert refusal.value.status in {401, 403, 404}
    assert store.read_series(QUERY) == []


def test_data_of_another_type_is_refused_in_influxdbs_own_words(influxdb: InfluxdbBucket) -> None:
    influxdb.write('pump,site=north,equipment=P-01 vib_rms="high" 1767225600000')

    with pytest.raises(StoreRefused, match="field type conflict") as refusal:
        store_of(influxdb).write([replace(POINT, at_ms=POINT.at_ms + 1)])
    assert refusal.value.status == 422


def test_the_token_is_in_no_message_and_no_representation(influxdb: InfluxdbBucket) -> None:
    address = InfluxAddress(base_url=influxdb.url, org="o", bucket="b", token=WRONG_TOKEN)

    with pytest.raises(StoreRefused) as refusal:
        InfluxTelemetryStore(address).check()
    assert WRONG_TOKEN not in f"{refusal.value} {address!r}"


def test_a_dead_port_is_unavailable_at_once() -> None:
    store = open_telemetry_store(f"influxdb://:t@127.0.0.1:{free_port()}/o/b")

    began = time.monotonic()
    for call in (store.check, lambda: store.write([POINT]), lambda: store.read_series(QUERY)):
        with pytest.raises(StoreUnavailable, match="does not answer"):
            call()
    assert time.monotonic() - began < 3


def test_a_server_that_hangs_is_given_up_after_the_timeout(influxdb: InfluxdbBucket) -> None:
    store = open_telemetry_store(influxdb.telemetry_url, timeout=timedelta(milliseconds=300))
    influxdb.server.process.pause()

    for call in (lambda: store.write([POINT]), lambda: store.read_series(QUERY)):
        with pytest.raises(StoreUnavailable):
            call()


def test_the_store_works_again_when_the_server_is_back(influxdb: InfluxdbBucket) -> None:
    store = store_of(influxdb)
    store.write([POINT])
    influxdb.server.kill()
    with pytest.raises(StoreUnavailable):
        store.write([POINT])
    influxdb.server.start()

    store.write([replace(POINT, at_ms=POINT.at_ms + 1)])
    assert len(store.read_series(QUERY)) == 2


@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_overloaded_server_is_unavailable_for_as_long_as_it_asks(status: int) -> None:
    body = b'{"code":"unavailable","message":"queue is full"}'
    with answering(status, body, **{"Retry-After": "17"}) as store:
        for call in (lambda: store.write([POINT]), lambda: store.read_series(QUERY)):
            with pytest.raises(StoreUnavailable, match="queue is full") as error:
                call()
            assert error.value.retry_after == timedelta(seconds=17)


def test_a_server_may_name_the_time_at_which_it_wants_to_be_asked_again() -> None:
    in_two_minutes = formatdate(time.time() + 120, usegmt=True)
    with answering(503, b"", **{"Retry-After": in_two_minutes}) as store, pytest.raises(StoreUnavailable) as error:
        store.write([POINT])
    assert error.value.retry_after is not None
    assert abs(error.value.retry_after - timedelta(minutes=2)) <= timedelta(seconds=5)


def test_an_answer_that_is_no_influxdb_is_unavailable_in_one_line() -> None:
    with answering(502, b"<html>\n<h1>Bad\n gateway</h1>") as store, pytest.raises(StoreUnavailable) as error:
        store.write([POINT])
    assert str(error.value) == "InfluxDB answered 502: <html> <h1>Bad gateway</h1>"

    with answering(200, b"<html>") as store, pytest.raises(StoreUnavailable, match="cannot be read"):
        store.read_series(QUERY)


def test_bytes_that_are_no_text_do_not_stop_the_writer() -> None:
    with answering(502, b"\xff\xfe") as store, pytest.raises(StoreUnavailable):
        store.write([POINT])


def test_a_server_without_tls_is_unavailable_over_tls_in_one_line() -> None:
    with receiving() as receiver:
        store = open_telemetry_store(f"influxdbs://:t@{receiver.host}:{receiver.port}/o/b")
        for call in (lambda: store.write([POINT]), lambda: store.read_series(QUERY)):
            with pytest.raises(StoreUnavailable, match="TLS") as error:
                call()
            assert "\n" not in str(error.value)


def test_the_buckets_retention_is_read_and_set(influxdb: InfluxdbBucket) -> None:
    store = store_of(influxdb)

    assert store.retention_days() is None
    for days in (365, 1, 30, 2, None):
        store.set_retention(days)
        assert store.retention_days() == days


def test_a_bucket_with_a_slash_is_a_database_with_its_policy(influxdb: InfluxdbBucket) -> None:
    bucket = influxdb.server.create_bucket("telemetry/autumn")
    store = store_of(bucket)

    store.write([POINT])
    assert [sample.value for sample in store.read_series(QUERY)] == [2.0]
    influxdb.server.delete_bucket("telemetry/autumn")


def test_what_is_stored_looks_as_dashboards_expect_it(influxdb: InfluxdbBucket) -> None:
    store_of(influxdb).write([replace(POINT, tags={"site": "北 区", "equipment": "P,01"}, fields={"running": True})])

    [row] = influxdb.query('SELECT "running" FROM "pump" WHERE "equipment" =~ /^P,01$/ GROUP BY "site"')
    assert row == {"measurement": "pump", "site": "北 区", "time": POINT.at_ms, "running": 1}
    assert influxdb.query('SHOW FIELD KEYS FROM "pump"')[0]["fieldType"] == "float"
