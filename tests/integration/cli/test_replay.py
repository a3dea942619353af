"""`iot-maint replay` decides by the installation's own register, limits of one's own included."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from iot_maint.cli import build_app
from iot_maint.domain.catalog import Limit
from iot_maint.domain.equipment import LimitChange, LimitOverride
from iot_maint.storage.relational.database import open_database
from tests.builders import an_equipment

AT = datetime(2026, 1, 1, tzinfo=UTC)
OWN = LimitOverride(
    equipment="P-1",
    rule_key="bearing_temp_warning",
    limit=Limit(value=70.0),
    clear_limit=Limit(value=69.0),
    for_duration=timedelta(minutes=2),
)


def test_a_limit_of_ones_own_holds_in_a_replay_and_the_evidence_says_whose_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IOT_MAINT_DATA_DIR", str(tmp_path))
    change = LimitChange(
        equipment="P-1", rule_key=OWN.rule_key, changed_at=AT, changed_by="engineer", old=None, new=OWN
    )
    with open_database(f"sqlite:///{tmp_path / 'iot-maint.db'}") as database, database.transaction() as repositories:
        repositories.equipment.add(an_equipment("P-1"))
        repositories.equipment.set_override(change)
    lines = [f"{1767225600 + 60 * minute},s1,P-1,75" for minute in range(4)]
    (tmp_path / "hot.csv").write_text("\n".join(["ts,site,equipment,bearing_temp", *lines]) + "\n", "utf-8")

    done = CliRunner().invoke(build_app(("replay",)), ["replay", str(tmp_path / "hot.csv"), "--json"])

    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["line"] for line in found] == ["finding", "alarm", "order"]
    evidence = found[0]["evidence"]
    assert (evidence["limit"], evidence["dwell_s"], evidence["basis"]) == (70.0, 120.0, "own limit")
