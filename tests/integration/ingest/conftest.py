"""Real stores for the loops of the ingest path, one file each and a test; a broker that is away is missed briefly."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from iot_maint.ingest import mqtt
from iot_maint.metering import PrometheusMeter
from iot_maint.storage.spool import SqliteSpool
from iot_maint.storage.telemetry.sqlite import SqliteTelemetryStore
from tests.fakes import FaultySpool, FaultyStore


@pytest.fixture(autouse=True)
def _a_broker_is_looked_for_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product waits for a second, and then for two."""
    monkeypatch.setattr(mqtt, "_RECONNECT_FIRST_S", 0.1)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[FaultySpool]:
    with SqliteSpool(tmp_path, "1") as opened:
        yield FaultySpool(inner=opened)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FaultyStore]:
    inner = SqliteTelemetryStore(tmp_path / "telemetry.db")
    yield FaultyStore(inner=inner)
    inner.close()


@pytest.fixture
def meter() -> PrometheusMeter:
    return PrometheusMeter()
