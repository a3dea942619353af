import tomllib
from pathlib import Path

import pytest

from benchmarks import peers, telegraf
from benchmarks.node_red import flow
from benchmarks.subscribers import FILTER
from tests.servers.influxdb import InfluxdbBucket, InfluxdbServer
from tests.servers.mosquitto import MosquittoServer


def _servers(folder: Path) -> tuple[MosquittoServer, InfluxdbBucket]:
    influxdb = InfluxdbServer(program=folder / "influxd", folder=folder)
    return MosquittoServer(program=folder / "mosquitto", folder=folder), InfluxdbBucket(server=influxdb, bucket="b")


def test_a_missing_peer_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    for ask in (peers.telegraf_program, peers.node_red_folder):
        with pytest.raises(peers.PeerMissing, match=r"python -m benchmarks\.peers"):
            ask()


@pytest.mark.parametrize("name", telegraf.CONFIGURATIONS)
def test_every_configuration_of_telegraf_reads_this_broker_into_this_bucket(name: str, tmp_path: Path) -> None:
    broker, bucket = _servers(tmp_path)
    configuration = telegraf.CONFIGURATIONS[name]

    document = tomllib.loads(telegraf.render(configuration, broker, bucket))

    consumers = document["inputs"]["mqtt_consumer"]
    assert len({one["client_id"] for one in consumers}) == configuration.consumers
    for one in consumers:
        assert one["servers"] == [f"tcp://{broker.host}:{broker.port}"]
        assert one["topics"][0].endswith(FILTER)
        assert one["topic_parsing"] == [{"topic": FILTER, "tags": "_/_/site/equipment/_"}]
        assert one["data_format"] in ("json", "json_v2", "xpath_json")
    assert document["outputs"]["influxdb_v2"][0]["bucket"] == bucket.bucket


def test_telegraf_is_compared_in_a_configuration_that_was_tried() -> None:
    assert telegraf.BEST in telegraf.CONFIGURATIONS


def test_the_flow_of_node_red_is_wired_from_the_broker_to_the_bucket(tmp_path: Path) -> None:
    broker, bucket = _servers(tmp_path)

    nodes = {str(node["id"]): node for node in flow(broker, bucket)}

    assert nodes["broker"]["port"] == str(broker.port)
    assert nodes["in"]["wires"] == [["decide"]]
    assert nodes["decide"]["wires"] == [["out"], ["high"]]
    assert nodes["out"]["bucket"] == bucket.bucket
