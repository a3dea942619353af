"""The fixtures themselves: what every other integration test relies on."""

from pathlib import Path

import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import sync_playwright

from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer
from tests.servers.postgresql import PostgresqlDatabase


def subscriber(broker: MosquittoServer, received: list[bytes]) -> mqtt.Client:
    """A QoS 1 subscriber with a persistent session, connected and subscribed."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="a-session", clean_session=False)
    client.on_message = lambda _client, _userdata, message: received.append(bytes(message.payload))
    subscribed: list[int] = []
    client.on_subscribe = lambda _c, _u, mid, _codes, _properties: subscribed.append(mid)
    client.connect(broker.host, broker.port)
    client.subscribe("a/#", qos=1)
    while not subscribed:
        client.loop(timeout=1)
    return client


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_persistent_session_survives_the_broker(mosquitto: MosquittoServer, end: str) -> None:
    received: list[bytes] = []
    client = subscriber(mosquitto, received)
    client.disconnect()
    mosquitto.publish("a/b", "while away")
    if end == "kill":
        wait_for_autosave(mosquitto)

    getattr(mosquitto, end)()
    mosquitto.start()

    client.reconnect()
    while not received:
        assert client.loop(timeout=1) == mqtt.MQTT_ERR_SUCCESS
    assert received == [b"while away"]
    client.disconnect()


def wait_for_autosave(broker: MosquittoServer) -> None:
    saved = broker.folder / "mosquitto.db"
    while not saved.exists() or b"while away" not in saved.read_bytes():
        assert broker.process.running


def test_points_written_are_found_by_influxql(influxdb: InfluxdbBucket) -> None:
    influxdb.write("pump,site=s1,equipment=P-1 vib_rms=2.5 1767225600000")

    rows = influxdb.query("SELECT vib_rms FROM pump GROUP BY equipment")

    assert rows == [{"measurement": "pump", "equipment": "P-1", "time": 1767225600000, "vib_rms": 2.5}]


def test_a_bucket_starts_empty(influxdb: InfluxdbBucket) -> None:
    assert influxdb.query("SELECT * FROM pump") == []


def test_points_survive_a_kill_of_influxdb(influxdb: InfluxdbBucket) -> None:
    influxdb.write("pump,site=s1,equipment=P-1 vib_rms=2.5 1767225600000")

    influxdb.server.kill()
    influxdb.server.start()

    assert len(influxdb.query("SELECT vib_rms FROM pump")) == 1


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_rows_survive_the_end_of_postgresql(postgresql: PostgresqlDatabase, end: str) -> None:
    address = postgresql.url.replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE t (name text)")
        connection.execute("INSERT INTO t VALUES ('水泵')")

    getattr(postgresql.server, end)()
    postgresql.server.start()

    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT name FROM t").fetchall() == [("水泵",)]


def test_chromium_draws_chinese(chromium: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content("<h1>水</h1><h1>泵</h1>")
        pump, water = (heading.screenshot() for heading in page.locator("h1").all())
        browser.close()

    # Without a Chinese font both are the same empty box.
    assert pump != water
