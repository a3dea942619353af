"""A whole ingest part that loses its broker, its database or its telemetry store, and says so where it will be seen."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from iot_maint.bootstrap.ingesting import open_ingest
from iot_maint.bootstrap.installation import Installation, open_installation
from iot_maint.domain.platform_alarms import PlatformAlarmKind, StoredPlatformAlarm
from iot_maint.domain.queries import AlarmQuery, PageRequest
from iot_maint.domain.telemetry import DeadLetter
from iot_maint.ingest.service import IngestService
from iot_maint.settings import Settings
from iot_maint.storage.spool import SqliteSpool
from tests.ingest_worker import eventually
from tests.receivers import Answer, receiving
from tests.servers.mosquitto import MosquittoServer

TOPIC = "iot/v1/S1/P-01/telemetry"


def standing(installation: Installation) -> list[PlatformAlarmKind]:
    return [alarm.kind for alarm in installation.platform.standing()]


def saved(installation: Installation) -> list[StoredPlatformAlarm]:
    with installation.database.reading() as repositories:
        page = repositories.alarm_list.page(AlarmQuery(platform=True), PageRequest(sort="raised_at"))
    return [one for one in page.items if isinstance(one, StoredPlatformAlarm)]


@pytest.fixture
def settings(mosquitto: MosquittoServer, tmp_path: Path) -> Settings:
    return Settings(mqtt_url=SecretStr(mosquitto.url), data_dir=tmp_path)


@pytest.fixture
def installation(settings: Settings) -> Iterator[Installation]:
    with open_installation(settings) as opened:
        yield opened


@pytest.fixture
def ingest(installation: Installation) -> Iterator[IngestService]:
    with open_ingest(installation) as service:
        eventually(lambda: service.connected)
        yield service


@pytest.mark.slow
def test_a_broker_that_stays_away_is_one_alarm_that_ends_when_it_is_back(
    ingest: IngestService, installation: Installation, mosquitto: MosquittoServer
) -> None:
    mosquitto.stop()
    eventually(lambda: not ingest.connected)
    assert standing(installation) == []
    eventually(lambda: [one.alarm.kind for one in saved(installation)] == ["broker_away"])
    assert f"{mosquitto.port}: c" in installation.platform.standing()[0].detail

    mosquitto.start()
    eventually(lambda: standing(installation) == [])
    eventually(lambda: [one.cleared_at is not None for one in saved(installation)] == [True])


@pytest.mark.slow
def test_a_short_reconnect_is_none(
    ingest: IngestService, installation: Installation, mosquitto: MosquittoServer
) -> None:
    for _ in range(2):
        mosquitto.stop()
        eventually(lambda: not ingest.connected)
        mosquitto.start()
        eventually(lambda: ingest.connected)
    assert saved(installation) == []


@pytest.mark.slow
def test_a_locked_database_is_an_alarm_that_is_saved_once_the_lock_is_gone(
    ingest: IngestService, installation: Installation, mosquitto: MosquittoServer, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "iot-maint.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        mosquitto.publish(TOPIC, '{"vib_rms": 2.1}')
        eventually(lambda: standing(installation) == ["database_away"], within_s=60)
        assert ingest.healthy()
        # Neither acknowledging nor storing waits for it.
        assert installation.meter.total("points_stored") == 1
        assert installation.meter.total("batches_acknowledged") >= 1
        other.execute("ROLLBACK")

    eventually(lambda: standing(installation) == [], within_s=60)
    eventually(lambda: [one.cleared_at is not None for one in saved(installation)] == [True])
    assert saved(installation)[0].alarm.kind == "database_away"


def test_a_store_that_refuses_us_is_an_alarm_and_loses_nothing(mosquitto: MosquittoServer, tmp_path: Path) -> None:
    refusal = Answer(status=401, body=b'{"code":"unauthorized","message":"unauthorized access"}')
    with receiving(refusal) as store:
        url = SecretStr(f"influxdb://:SECRET@{store.host}:{store.port}/o/b")
        settings = Settings(mqtt_url=SecretStr(mosquitto.url), data_dir=tmp_path, telemetry_url=url)
        with open_installation(settings) as installation, open_ingest(installation) as ingest:
            eventually(lambda: ingest.connected)
            mosquitto.publish(TOPIC, '{"vib_rms": 2.1}')
            eventually(lambda: len(saved(installation)) == 1)
            (alarm,) = installation.platform.standing()
            assert alarm.kind == "telemetry_store_refuses"
            assert alarm.detail == "InfluxDB answered 401: unauthorized access"
            gauge = {"kind": "telemetry_store_refuses"}
            assert installation.meter.registry.get_sample_value("iot_maint_platform_alarm", gauge) == 1
    with SqliteSpool(tmp_path, "1") as spool:
        assert [batch.number for batch in spool.read_after(0, 10)] == [1]
        assert spool.dead_letters(0, 10) == []


def test_dead_letters_that_are_too_old_are_forgotten_by_the_service_s_clock_and_counted(
    settings: Settings, tmp_path: Path
) -> None:
    with open_installation(settings) as installation:
        now = installation.clock.now()
        letters = [
            DeadLetter(
                topic=TOPIC,
                payload=b"?",
                reason="not_json",
                detail="",
                received_at_ms=int((now - timedelta(days=days)).timestamp() * 1000),
            )
            for days in (31, 29, 0)
        ]
        with SqliteSpool(tmp_path, "1") as spool:
            spool.add_dead_letters(letters)
        with open_ingest(installation):
            eventually(lambda: installation.meter.total("dead_letters_expired") == 1)
    with SqliteSpool(tmp_path, "1") as spool:
        assert [letter.id for letter in spool.dead_letters(0, 10)] == [2, 3]
