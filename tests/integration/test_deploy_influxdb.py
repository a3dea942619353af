"""The read token that Grafana is given (deploy/influxdb/create-reader), made on the real InfluxDB over HTTP."""

from collections.abc import Iterator

import httpx
import pytest

from tests.servers.influxdb import InfluxdbBucket


@pytest.fixture
def reader(influxdb: InfluxdbBucket) -> Iterator[httpx.Client]:
    """A client whose token may read the one bucket."""
    with httpx.Client(base_url=influxdb.url, headers={"Authorization": f"Token {influxdb.token}"}) as admin:
        bucket = admin.get("/api/v2/buckets", params={"name": influxdb.bucket}).json()["buckets"][0]
        place = {"type": "buckets", "id": bucket["id"], "orgID": bucket["orgID"]}
        made = admin.post(
            "/api/v2/authorizations",
            json={"orgID": bucket["orgID"], "permissions": [{"action": "read", "resource": place}]},
        )
        token = made.raise_for_status().json()["token"]
    with httpx.Client(base_url=influxdb.url, headers={"Authorization": f"Token {token}"}) as client:
        yield client


def test_the_reader_sees_the_bucket(influxdb: InfluxdbBucket, reader: httpx.Client) -> None:
    influxdb.write("pump,site=s1,equipment=P-1 vib_rms=2.5 1767225600000")

    answer = reader.get("/query", params={"db": influxdb.bucket, "q": "SELECT vib_rms FROM pump", "epoch": "ms"})

    assert answer.json()["results"][0]["series"][0]["values"] == [[1767225600000, 2.5]]


@pytest.mark.parametrize("path", ["/write", "/api/v2/write"])
def test_the_reader_cannot_write(influxdb: InfluxdbBucket, reader: httpx.Client, path: str) -> None:
    place = {"db": influxdb.bucket, "bucket": influxdb.bucket, "org": influxdb.org}

    answer = reader.post(path, params=place, content=b"pump,site=s1,equipment=P-1 vib_rms=9")

    assert answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}
    assert influxdb.query("SELECT vib_rms FROM pump") == []
