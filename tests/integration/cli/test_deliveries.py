"""`iot-maint dead-letters deliveries`: what nobody was told stays visible."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from iot_maint.cli import build_app
from iot_maint.domain.outbox import Channel, OrderEvent
from iot_maint.storage.relational.database import open_database
from tests.migrated import a_database

AT = datetime(2026, 1, 1, tzinfo=UTC)
EVENT = OrderEvent(id="e1", event="opened", order="WO-20260101-0001", at=AT, details={})


def test_an_event_that_was_given_up_is_listed_with_its_order_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IOT_MAINT_DATA_DIR", str(tmp_path))
    with open_database(a_database(tmp_path)) as database, database.transaction() as repositories:
        repositories.outbox.add(EVENT, [Channel.WEBHOOK])
        (due,) = repositories.outbox.due(AT, 1)
        repositories.outbox.update(replace(due, attempts=12, last_error="webhook example answered 500", dead_at=AT))

    app = build_app(("dead-letters",))
    text = CliRunner().invoke(app, ["dead-letters", "deliveries"]).stdout
    assert "WO-20260101-0001  opened  2026-01-01T08:00:00+08:00  webhook ×12  webhook example answered 500" in text
    document = json.loads(CliRunner().invoke(app, ["dead-letters", "deliveries", "--json"]).stdout)
    assert document["error"] == "webhook example answered 500"
