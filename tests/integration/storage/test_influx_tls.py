"""A real InfluxDB behind a certificate of an own authority: written and read over TLS, or refused in words."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.queries import SeriesQuery
from iot_maint.domain.telemetry import Point
from iot_maint.storage.telemetry import InfluxTelemetryStore, open_telemetry_store
from iot_maint.tls import TlsFiles
from tests.servers.absence import without
from tests.servers.certificates import Authority
from tests.servers.influxdb import InfluxdbBucket, InfluxdbServer
from tests.servers.programs import find_influxd

POINT = Point(measurement="pump", tags={"site": "n", "equipment": "P-01"}, at_ms=1_767_225_600_000, fields={"v": 2.0})
QUERY = SeriesQuery(measurement="pump", equipment="P-01", metrics=["v"], start_ms=0, end_ms=2_000_000_000_000)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def bucket(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxdbBucket]:
    program = find_influxd()
    if program is None:
        without("InfluxDB")
    server = InfluxdbServer(
        program=program,
        folder=tmp_path_factory.mktemp("influxdb"),
        tls=authority.sign("influxdb"),
        authority=authority.certificate,
    )
    try:
        server.start()
        server.set_up()
        yield server.create_bucket("secured")
    finally:
        server.stop()


def store(bucket: InfluxdbBucket, authority: Path | None, *, host: str = "127.0.0.1") -> InfluxTelemetryStore:
    files = TlsFiles(prefix="IOT_MAINT_TELEMETRY_TLS", authority=authority)
    opened = open_telemetry_store(bucket.telemetry_url.replace("127.0.0.1", host), tls_files=files)
    assert isinstance(opened, InfluxTelemetryStore)
    return opened


def test_an_own_authority_is_trusted_in_writing_and_in_reading(bucket: InfluxdbBucket, authority: Authority) -> None:
    secured = store(bucket, authority.certificate)
    secured.check()
    secured.write([POINT])
    assert [sample.value for sample in secured.read_series(QUERY)] == [2.0]


def refusals(strange: InfluxTelemetryStore) -> Iterator[str]:
    """What writing and reading say."""
    for call in (lambda: strange.write([POINT]), lambda: strange.read_series(QUERY)):
        with pytest.raises(StoreUnavailable) as refused:
            call()
        yield str(refused.value)


def test_an_unknown_authority_is_refused_both_ways_with_what_to_do(bucket: InfluxdbBucket, tmp_path: Path) -> None:
    for authority in (None, Authority(tmp_path, "stranger").certificate):
        for said in refusals(store(bucket, authority)):
            assert "name the certificate of its authority in IOT_MAINT_TELEMETRY_TLS_CA" in said


def test_another_host_name_is_refused_both_ways(bucket: InfluxdbBucket, authority: Authority) -> None:
    for said in refusals(store(bucket, authority.certificate, host="localhost")):
        assert "is for another host" in said
