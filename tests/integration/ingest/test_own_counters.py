"""A real ingest part tells the telemetry store how it fares."""

from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from iot_maint.bootstrap.ingesting import open_ingest
from iot_maint.bootstrap.installation import Installation, installation_id, open_installation
from iot_maint.domain.telemetry import Point
from iot_maint.settings import Settings
from tests.ingest_worker import eventually
from tests.servers.mosquitto import MosquittoServer


def reports(installation: Installation) -> list[Point]:
    now_ms = int(installation.clock.now().timestamp() * 1000)
    return installation.telemetry.read_events("ingest", now_ms - 3_600_000, now_ms + 1000)


def test_the_counters_of_a_running_ingest_part_are_points_of_its_worker(
    mosquitto: MosquittoServer, tmp_path: Path
) -> None:
    settings = Settings(mqtt_url=SecretStr(mosquitto.url), data_dir=tmp_path, worker="roof")
    with (
        open_installation(settings) as installation,
        open_ingest(installation, report_every=timedelta(seconds=0.1)) as ingest,
    ):
        eventually(lambda: ingest.connected)
        mosquitto.publish("iot/v1/S1/P-01/telemetry", '{"vib_rms": 2.1}')
        mosquitto.publish("iot/v1/S1/P-01/telemetry", "{")
        eventually(lambda: any(point.fields["points_stored"] == 1 for point in reports(installation)))
        eventually(lambda: any(point.fields.get("messages_rejected_not_json") == 1 for point in reports(installation)))

        newest = reports(installation)[-1]
        assert newest.tags["worker"] == "roof"
        assert newest.tags["installation"] == installation_id(tmp_path)[:8]
        assert newest.fields["messages_received"] == 2
        assert newest.fields["broker_connected"] == 1
        assert newest.fields["spool_batches"] == 0


def test_the_first_report_is_made_at_the_start(mosquitto: MosquittoServer, tmp_path: Path) -> None:
    settings = Settings(mqtt_url=SecretStr(mosquitto.url), data_dir=tmp_path)
    with open_installation(settings) as installation, open_ingest(installation):
        eventually(lambda: len(reports(installation)) == 1)
        assert reports(installation)[0].fields["messages_received"] == 0
