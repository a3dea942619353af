"""Recordings: one JSON object a line, as `replay` reads them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from firmware_sim import build_site, simulate
from firmware_sim.recording import write_jsonl

T0 = datetime(2026, 3, 3, tzinfo=UTC)


def test_a_line_holds_topic_payload_and_time_of_reception(tmp_path: Path) -> None:
    site = build_site("场地", devices=[{"code": "X-1", "profile": "genset"}])
    path = tmp_path / "genset.jsonl"
    count = write_jsonl(simulate(site, T0, T0 + timedelta(minutes=10)), path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == count > 5
    assert lines[0]["topic"] == "iot/v1/场地/X-1/telemetry"
    assert lines[0]["payload"]["values"].keys() == {"genset_start_v", "run_time"}
    received = datetime.fromisoformat(lines[0]["received_at"])
    assert T0 <= received < T0 + timedelta(minutes=1, seconds=2)
