"""What gateways said of themselves is kept in the spool's own file, bounded, and no longer than it is true."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from iot_maint.domain.telemetry import GatewayBirth, GatewayDeath
from iot_maint.storage.births import BirthBox
from iot_maint.storage.spool import SqliteSpool


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[SqliteSpool]:
    with SqliteSpool(tmp_path, "1") as opened:
        yield opened


def birth(gateway: str = "yard/edge-1", device: str | None = None, payload: bytes = b"aliases") -> GatewayBirth:
    return GatewayBirth(gateway=gateway, device=device, topic=f"{gateway} {device}", payload=payload)


NODE, PUMP, FAN = birth(), birth(device="pump-1"), birth(device="fan-1")
OTHER = birth("depot/edge-1")


def note(spool: SqliteSpool, *notices: GatewayBirth | GatewayDeath) -> None:
    assert spool.append([], [], 0, notices) == 0


def test_births_outlive_the_process_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1") as spool:
        assert spool.births() == []
        note(spool, NODE, PUMP)
        note(spool, FAN)
    with SqliteSpool(tmp_path, "1") as spool:
        assert spool.births() == [NODE, PUMP, FAN]


def test_a_later_birth_stands_in_the_place_of_the_one_before(spool: SqliteSpool) -> None:
    later = birth(device="pump-1", payload=b"others")
    note(spool, NODE, PUMP, FAN)
    note(spool, later)
    assert spool.births() == [NODE, FAN, later]


def test_the_birth_of_a_node_voids_those_of_its_devices_and_no_others(spool: SqliteSpool) -> None:
    note(spool, NODE, PUMP, OTHER, FAN)
    note(spool, birth(payload=b"again"), FAN)
    assert spool.births() == [OTHER, birth(payload=b"again"), FAN]


def test_a_death_takes_what_died_with_it(spool: SqliteSpool) -> None:
    note(spool, NODE, PUMP, FAN, OTHER)
    note(spool, GatewayDeath(gateway="yard/edge-1", device="pump-1"))
    assert spool.births() == [NODE, FAN, OTHER]
    note(spool, GatewayDeath(gateway="yard/edge-1"))
    assert spool.births() == [OTHER]


def test_only_so_many_are_kept_and_the_oldest_go(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1", births=BirthBox(max_births=3)) as spool:
        for number in range(10):
            note(spool, birth(f"yard/edge-{number}"))
        assert [one.gateway for one in spool.births()] == ["yard/edge-7", "yard/edge-8", "yard/edge-9"]


def test_they_are_bounded_in_bytes_too(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1", births=BirthBox(max_bytes=25)) as spool:
        for number in range(10):
            note(spool, birth(f"yard/edge-{number}", payload=b"x" * 10))
        assert [one.gateway for one in spool.births()] == ["yard/edge-8", "yard/edge-9"]


def test_a_spool_from_before_gets_room_for_them(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1"):
        pass
    with sqlite3.connect(tmp_path / "spool-1.db") as connection:
        connection.execute("DROP TABLE birth")
    connection.close()
    with SqliteSpool(tmp_path, "1") as spool:
        note(spool, NODE)
        assert spool.births() == [NODE]
