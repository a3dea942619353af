"""The same messages give the same findings, to the byte: live over a broker, replayed from a file, and backtested."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import SecretStr

from firmware_sim import Message, Site, build_site, simulate
from firmware_sim.recording import write_jsonl
from firmware_sim.register import register_csv
from iot_maint.bootstrap.backtesting import Asked, run_backtest
from iot_maint.bootstrap.ingesting import open_ingest
from iot_maint.bootstrap.installation import open_installation
from iot_maint.bootstrap.replay_models import replayed_models
from iot_maint.bootstrap.replaying import open_stage
from iot_maint.bootstrap.spreading import map_here
from iot_maint.domain.findings import Finding
from iot_maint.ingest.recordings import read_recording
from iot_maint.metering import PrometheusMeter
from iot_maint.services.monitoring import Outcome
from iot_maint.services.register.importing import import_rows
from iot_maint.services.replaying import replay
from iot_maint.settings import Settings
from iot_maint.storage.register_files import read_register
from tests.crowned_models import crown_detector
from tests.e2e.service import wait_until
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer

SPAN = timedelta(hours=3)
# Two bearings that go at different paces, one of them over a link that doubles messages.
SITE: Site = build_site(
    "yard",
    devices=[
        {"code": "P-01", "profile": "booster_pump", "tick": "60s"},
        {"code": "P-02", "profile": "booster_pump", "tick": "60s"},
        {"code": "P-03", "profile": "booster_pump", "tick": "60s"},
    ],
    faults=[
        {"equipment": "P-01", "fault": "bearing", "start": "5m", "v_start": 4.0, "doubling": "1h"},
        {"equipment": "P-02", "fault": "bearing", "start": "20m", "v_start": 6.0, "doubling": "2h"},
        {"equipment": "P-02", "fault": "duplicates", "start": "0s", "probability": 0.2},
    ],
    seed=5,
    link={},
)

# Of the installation's own, for one of the pumps alone.
OWN_RULE = """schema = 1
extends = "pump"

[rules.own_vib]
metric = "vib_rms"
above = 3.0
clear = 2.9
for = "5m"
severity = "warning"
fault_mode = "PMP-BEAR"
equipment = ["P-02"]
basis = "engineering default"
"""


def register_site(settings: Settings, register: Path) -> None:
    with open_installation(settings) as installation, installation.database.transaction() as repositories:
        report = import_rows(repositories, installation.catalog, installation.clock, read_register(register))
        assert not report.refused


def publish(broker: MosquittoServer, messages: Sequence[Message]) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(0)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        for sent in [client.publish(one.topic, one.payload, qos=1) for one in messages]:
            sent.wait_for_publish(20)
    finally:
        client.disconnect()
        client.loop_stop()


def live(settings: Settings, broker: MosquittoServer, messages: Sequence[Message]) -> list[Finding]:
    """What the ingest service, as it runs, found in what came over the broker."""
    found: list[Finding] = []

    def note(outcome: Outcome) -> None:
        found.extend(outcome.findings)

    with open_installation(settings) as installation, open_ingest(installation, note) as service:
        wait_until(lambda: service.connected, 20, "the connection")
        publish(broker, messages)
        meter = installation.meter

        def done() -> bool:
            received = meter.total("messages_received") >= len(messages)
            return received and all_stored(meter, len(messages))

        wait_until(done, 60, "all messages to be decided and stored")
    return found


def all_stored(meter: PrometheusMeter, messages: int) -> bool:
    stored = meter.total("points_stored") >= messages
    undecided = meter.registry.get_sample_value("iot_maint_undecided_batches")
    return stored and undecided == 0


@pytest.mark.parametrize("store", ["sqlite", "influxdb"])
def test_live_replay_and_backtest_find_the_same(
    store: str, tmp_path: Path, mosquitto: MosquittoServer, request: pytest.FixtureRequest
) -> None:
    bucket: InfluxdbBucket | None = request.getfixturevalue("influxdb") if store == "influxdb" else None
    t0 = datetime.now(UTC).replace(microsecond=0) - SPAN - timedelta(minutes=1)
    messages = tuple(simulate(SITE, t0, t0 + SPAN))
    recording, register = tmp_path / "recording.jsonl", tmp_path / "register.csv"
    write_jsonl(messages, recording)
    register.write_text(register_csv(SITE), "utf-8")
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "own.toml").write_text(OWN_RULE, "utf-8")
    settings = Settings(
        catalog_dir=tmp_path / "catalog",
        data_dir=tmp_path / "data",
        mqtt_url=SecretStr(mosquitto.url),
        telemetry_url=SecretStr(bucket.telemetry_url) if bucket is not None else None,
        late_after=timedelta(days=1),
    )
    register_site(settings, register)
    healthy = replace(SITE.narrowed(["P-01"]), faults=())
    sent = tmp_path / "healthy.jsonl"
    write_jsonl(simulate(healthy, t0 - timedelta(days=1), t0), sent)
    told = read_recording(sent, settings.zone)
    crown_detector(settings, "P-01", [one.values for one in told if one.values.keys() >= {"vib_rms", "bearing_temp"}])

    lived = live(settings, mosquitto, messages)
    with replayed_models(settings, None, ()) as models, open_stage(settings, None, models) as stage:
        told = read_recording(recording, settings.zone)
        replayed = [one for outcome in replay(told, stage.monitor, stage.clock.advance) for one in outcome.findings]
    asked = Asked(rules=("all",), models=("champion",), start=t0, end=t0 + SPAN + timedelta(hours=1))
    [backtested] = run_backtest(settings, asked, map_here).settings

    assert {(one.equipment, one.rule) for one in lived} >= {
        ("P-01", "pump.vib_rms_warning"),
        ("P-01", "pump.vib_rms_critical"),
        ("P-02", "pump.vib_rms_warning"),
        ("P-01", "model.pca"),
    }
    assert {one.equipment for one in lived if one.rule == "pump.own_vib"} == {"P-02"}
    assert msgspec.json.encode(replayed) == msgspec.json.encode(lived)
    in_order = sorted(lived, key=lambda one: (one.at, one.equipment, one.rule))
    assert msgspec.json.encode(list(backtested.findings)) == msgspec.json.encode(in_order)
