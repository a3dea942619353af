"""The births of gateways within one spool file: what their data cannot be read without, bounded, the oldest go.

A gateway's own birth (device '') voids those of its devices, and so does its death: as Sparkplug has it.
"""

import sqlite3
from collections.abc import Iterable

from iot_maint.domain.telemetry import GatewayBirth, GatewayDeath, GatewayNotice

MAX_BIRTHS = 20_000
MAX_BYTES = 64 * 1024 * 1024
TABLE = """
CREATE TABLE IF NOT EXISTS birth (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    gateway TEXT NOT NULL,
    device TEXT NOT NULL,
    topic TEXT NOT NULL,
    payload BLOB NOT NULL,
    UNIQUE (gateway, device)
)
"""


class BirthBox:
    """Keeps up with what gateways say of themselves, within the transaction that its caller began."""

    def __init__(self, max_births: int = MAX_BIRTHS, max_bytes: int = MAX_BYTES) -> None:
        self._max_births = max_births
        self._max_bytes = max_bytes

    def heed(self, connection: sqlite3.Connection, notices: Iterable[GatewayNotice]) -> None:
        """In their order; then the oldest births go beyond the bounds."""
        grown = False
        for notice in notices:
            if isinstance(notice, (GatewayBirth, GatewayDeath)):
                _forget(connection, notice.gateway, notice.device)
            if isinstance(notice, GatewayBirth):
                grown = True
                connection.execute(
                    "INSERT INTO birth (gateway, device, topic, payload) VALUES (?, ?, ?, ?)",
                    (notice.gateway, notice.device or "", notice.topic, notice.payload),
                )
        if grown:
            connection.execute(
                "DELETE FROM birth WHERE id <= (SELECT max(id) FROM ("
                "SELECT id, row_number() OVER newest AS nth, sum(length(payload)) OVER newest AS bytes "
                "FROM birth WINDOW newest AS (ORDER BY id DESC)) WHERE nth > ? OR bytes > ?)",
                (self._max_births, self._max_bytes),
            )


def read_births(connection: sqlite3.Connection) -> list[GatewayBirth]:
    """All that are kept, in the order in which they came."""
    rows = connection.execute("SELECT gateway, device, topic, payload FROM birth ORDER BY id")
    return [
        GatewayBirth(gateway=gateway, device=device or None, topic=topic, payload=payload)
        for gateway, device, topic, payload in rows
    ]


def _forget(connection: sqlite3.Connection, gateway: str, device: str | None) -> None:
    if device is None:
        connection.execute("DELETE FROM birth WHERE gateway = ?", (gateway,))
    else:
        connection.execute("DELETE FROM birth WHERE gateway = ? AND device = ?", (gateway, device))
