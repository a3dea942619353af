"""A flood of names that never come again: every message is answered, and none of them stays in memory."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from iot_maint.bootstrap.ingesting import make_admission, make_door
from iot_maint.bootstrap.installation import open_installation
from iot_maint.domain.equipment import Equipment
from iot_maint.ingest import topic_map
from iot_maint.ingest.decoders import canonical, names, source, sparkplug_b, sparkplug_node
from iot_maint.ingest.door import Admitted, Door
from iot_maint.ingest.topic_map import TopicMap
from iot_maint.settings import Settings
from iot_maint.topic_rules import TopicRule
from tests.decide_path import register
from tests.ingest_builders import T0_MS, a_message
from tests.memory import growth
from tests.migrated import a_database
from tests.sparkplug_builders import FLOAT, message, metric

RULES = (
    {"topic": "{gateway}/v1/gateway/telemetry", "format": "thingsboard_gateway"},
    {"topic": "v1/devices/{equipment}/telemetry", "format": "thingsboard", "site": "yard"},
    {"topic": "homie/5/{equipment}/{metric}/{metric}", "format": "homie", "site": "yard"},
    {"topic": "spBv1.0/#", "format": "sparkplug_b"},
)
VALUES = b'{"ts": %d, "values": {"vib_rms": 2.1}}' % T0_MS
BIRTH = message(metric("vib_rms", 2.1, alias=1, datatype=FLOAT), at_ms=T0_MS, seq=0)
# Every bound is made this small, so that the flood needs not to be a million: what still grows beyond it is bounded by
# nothing.
BOUND = 64
FILLED, MORE = 1_000, 3_000

Flood = Callable[[int], tuple[str, bytes]]
FLOODS: dict[str, Flood] = {
    "topics of ours": lambda n: (f"iot/v1/yard/stranger-{n}/telemetry", VALUES),
    "topics of nobody": lambda n: (f"nonsense/{n}", VALUES),
    "topics of a rule": lambda n: (f"v1/devices/stranger-{n}/telemetry", VALUES),
    "gateways": lambda n: (f"gw-{n}/v1/gateway/telemetry", b'{"P-01": [%b]}' % VALUES),
    "devices behind a gateway": lambda n: ("gw-1/v1/gateway/telemetry", b'{"d-%d": [%b]}' % (n, VALUES)),
    "metrics in the topic": lambda n: (f"homie/5/P-01/a/m{n}", b"2.1"),
    "metrics in the payload": lambda n: ("iot/v1/yard/P-01/telemetry", b'{"m%d": 2.1}' % n),
    "nodes": lambda n: (f"spBv1.0/yard/NBIRTH/edge-{n}", BIRTH),
    "devices of a node": lambda n: (f"spBv1.0/yard/DBIRTH/edge-1/d{n}", BIRTH),
}


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """As the service has it; P-01 is registered behind gw-1, and P-02 behind the node yard/edge-1."""
    for module, name in (
        *((topic_map, "_CACHED"), (source, "_CACHED")),
        *((sparkplug_b, "MAX_NODES"), (sparkplug_node, "MAX_DEVICES")),
    ):
        monkeypatch.setattr(module, name, BOUND)
    for module, name in ((names, "_is_short_name"), (canonical, "codes_in"), (canonical, "_are_known_names")):
        monkeypatch.setattr(module, name, lru_cache(maxsize=BOUND)(getattr(module, name).__wrapped__))
    a_database(tmp_path)
    settings = Settings(
        data_dir=tmp_path,
        max_unregistered=BOUND,
        max_unknown_metrics=BOUND,
        topics=tuple(TopicRule.model_validate(rule) for rule in RULES),
    )
    with open_installation(settings) as installation:
        for code, gateway in (("P-01", "gw-1"), ("P-02", "yard/edge-1")):
            equipment = Equipment(code=code, name=code, type="pump", site="yard", gateway=gateway)
            register(installation.database, equipment)
        installation.roster.refresh()
        topics = TopicMap(settings.topics, installation.roster.devices_of)
        yield make_door(installation, topics, make_admission(installation))


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_of_names_leaves_nothing_behind(door: Door, flood: Flood) -> None:
    def send(first: int, last: int) -> None:
        for number in range(first, last):
            topic, payload = flood(number)
            admitted = Admitted()
            door.admit(a_message(payload, topic=topic), admitted)
            assert admitted.telemetry or admitted.dead or admitted.notices

    with growth() as grown:
        send(0, FILLED)
        filled = grown()
        send(FILLED, FILLED + MORE)
        assert grown() < filled + 50_000
