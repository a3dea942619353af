"""A token that was switched off in a real InfluxDB is seen wherever one looks, and nothing is lost by it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.e2e.publishing import publish_all, telemetry
from tests.e2e.service import Service, environment_of, wait_until
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer

pytestmark = pytest.mark.slow
MESSAGES = 200


class OwnToken:
    """A token for one bucket that can be switched off and on."""

    def __init__(self, client: httpx.Client, bucket: InfluxdbBucket) -> None:
        self._client = client
        org = client.get("/api/v2/orgs", params={"org": bucket.org}).json()["orgs"][0]["id"]
        found = client.get("/api/v2/buckets", params={"name": bucket.bucket}).json()["buckets"][0]["id"]
        permissions = [
            {"action": action, "resource": {"type": "buckets", "id": found, "orgID": org}}
            for action in ("read", "write")
        ]
        made = client.post("/api/v2/authorizations", json={"orgID": org, "permissions": permissions})
        self._id: str = made.raise_for_status().json()["id"]
        self.token: str = made.json()["token"]

    def set_status(self, status: str) -> None:
        self._client.patch(f"/api/v2/authorizations/{self._id}", json={"status": status}).raise_for_status()


@contextmanager
def own_token(bucket: InfluxdbBucket) -> Iterator[OwnToken]:
    headers = {"Authorization": f"Token {bucket.token}"}
    with httpx.Client(base_url=bucket.url, headers=headers, trust_env=False) as client:
        yield OwnToken(client, bucket)


def stored(bucket: InfluxdbBucket) -> int:
    (point,) = bucket.query('SELECT count("seq") FROM "unregistered"')
    return int(str(point["count"]))


def test_a_token_that_is_switched_off_is_an_alarm_everywhere_and_loses_nothing(
    tmp_path: Path, mosquitto: MosquittoServer, influxdb: InfluxdbBucket
) -> None:
    with own_token(influxdb) as token:
        url = influxdb.telemetry_url.replace(influxdb.token, token.token)
        environment = {**environment_of(mosquitto, influxdb, None), "IOT_MAINT_TELEMETRY_URL": url}
        service = Service(folder=tmp_path, environment=environment)
        service.prepare()
        service.process.start()
        try:
            token.set_status("inactive")
            began_ms = time.time_ns() // 1_000_000
            messages = [telemetry("P-01", began_ms + seq, seq=seq) for seq in range(MESSAGES)]
            publish_all(mosquitto.host, mosquitto.port, messages)

            wait_until(lambda: service.metric("platform_alarm") == 1, 30, "the alarm")
            answer = service.readiness()
            (said,) = answer.json()["platform_alarms"]
            assert answer.status_code == 503
            assert (said["kind"], said["label"]) == ("telemetry_store_refuses", "时序库拒绝访问")
            assert said["detail"].endswith("token is inactive")
            wait_until(lambda: len(alarms(service)) == 1, 10, "the alarm in the list")
            assert (alarms(service)[0]["equipment"], alarms(service)[0]["status"]) == (None, "active")

            token.set_status("active")
            wait_until(lambda: service.metric("platform_alarm") == 0, 60, "the end of the alarm")
            wait_until(lambda: alarms(service)[0]["cleared_at"] is not None, 10, "its end in the list")
            wait_until(service.ready, 10, "readiness")
            wait_until(lambda: stored(influxdb) == MESSAGES, 30, "all points")
        finally:
            service.process.stop()


def alarms(service: Service) -> list[dict[str, object]]:
    items = service.get("/alarms", platform="true")["items"]
    assert isinstance(items, list)
    return items
