"""Whatever devices send, each message comes to something: telemetry, a dead letter, a count of what was dropped."""

from pathlib import Path

import pytest

from iot_maint.bootstrap.ingesting import make_admission, make_door
from iot_maint.bootstrap.installation import open_installation
from iot_maint.ingest.door import Admitted, Door
from iot_maint.ingest.topic_map import TopicMap
from iot_maint.settings import Settings
from tests.faults.poison import SAMPLES, Poison, fuzzed, specials
from tests.ingest_builders import a_message
from tests.payload_files import SHANGHAI

pytestmark = pytest.mark.slow

FUZZED = 1_000
TOPICS = 1_000_000
UNREGISTERED = 100
AT_ONCE = 1_000
MORE_MB = 20


def test_no_poison_is_an_error_of_ours_and_none_vanishes() -> None:
    doors = {sample.name: Door(sample.prepared(), SHANGHAI, lambda _telemetry: None) for sample in SAMPLES}
    outcomes = {"telemetry": 0, "dead": 0}
    for poison in [*fuzzed(FUZZED), *specials()]:
        admitted = Admitted()
        message = a_message(poison.payload, topic=poison.topic, received_at_ms=poison.sample.received_at_ms)
        doors[poison.sample.name].admit(message, admitted)
        outcomes["telemetry"] += bool(admitted.telemetry)
        outcomes["dead"] += bool(admitted.dead)
        told = admitted.telemetry or admitted.dead or admitted.dropped or admitted.notices or is_about_nobody(poison)
        assert told, f"nothing became of {poison.payload[:200]!r} on {poison.topic}"
        assert "internal_error" not in {letter.reason for letter in admitted.dead}
    # Neither is trivial: some is good in spite of all.
    assert min(outcomes.values()) > FUZZED // 10, outcomes


def test_a_million_topics_are_each_taken_in_or_refused_and_leave_no_memory_behind(tmp_path: Path) -> None:
    with open_installation(Settings(data_dir=tmp_path, max_unregistered=UNREGISTERED)) as installation:
        installation.roster.refresh()
        topics = TopicMap(installation.settings.topics, installation.roster.devices_of)
        door = make_door(installation, topics, make_admission(installation))
        message = a_message(received_at_ms=int(installation.clock.now().timestamp() * 1000))
        taken = refused = 0
        for start in range(0, TOPICS, AT_ONCE):
            if start == TOPICS // 10:
                before_kb = resident_kb()
            admitted = Admitted()
            for number in range(start, start + AT_ONCE):
                door.admit(message._replace(topic=f"iot/v1/yard/X-{number:07}/telemetry"), admitted)
            taken += len(admitted.telemetry)
            refused += sum(letter.reason == "too_many_unregistered" for letter in admitted.dead)
        more_mb = (resident_kb() - before_kb) / 1024
    print(f"a million topics: {more_mb:.1f} MB more after the first tenth")
    assert (taken, refused) == (UNREGISTERED, TOPICS - UNREGISTERED)
    assert more_mb <= MORE_MB


def is_about_nobody(poison: Poison) -> bool:
    """Sparkplug's nodes and hosts tell of themselves, too, and of nothing at all: no readings, and nothing wrong."""
    return poison.topic.startswith("spBv1.0/")


def resident_kb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
