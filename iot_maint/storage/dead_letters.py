"""The dead letters within one spool file: bounded, and never in a transaction of their own.

The newest 100,000 letters and 256 MiB of payload are kept, whichever ends first; older ones go.  In a small spool they
are fewer: letters leave it only through their bounds, and must not leave the telemetry without room.
"""

import sqlite3
from collections.abc import Sequence

from iot_maint.domain.telemetry import DeadLetter

MAX_LETTERS = 100_000
MAX_BYTES = 256 * 1024 * 1024


# What a letter takes beside its payload, at most: topic, reason, detail, and the rest of its last page.
_LETTER_BYTES = 4096


class DeadLetterBox:
    """Adds to the dead letters of one spool within the transaction that its caller began."""

    def __init__(self, max_letters: int = MAX_LETTERS, max_bytes: int = MAX_BYTES) -> None:
        self._max_letters = max_letters
        self._max_bytes = max_bytes
        self._bytes: int | None = None  # at least as many as there are; unknown before the first letter

    def add(self, connection: sqlite3.Connection, letters: Sequence[DeadLetter]) -> None:
        """Insert, then let the oldest go beyond the bounds."""
        if not letters:
            return
        connection.executemany(
            "INSERT INTO dead_letter (topic, payload, reason, detail, received_at_ms) VALUES (?, ?, ?, ?, ?)",
            [(one.topic, one.payload, one.reason, one.detail, one.received_at_ms) for one in letters],
        )
        connection.execute(
            "DELETE FROM dead_letter WHERE id <= (SELECT max(id) FROM dead_letter) - ?", (self._max_letters,)
        )
        if self._bytes is None:
            self._bytes = _count_bytes(connection)
        else:
            self._bytes += sum(len(one.payload) for one in letters)
        if self._bytes > self._max_bytes:
            # Down to nine tenths: a flood pays for the counting once in a while, not with every batch.
            connection.execute(
                "DELETE FROM dead_letter WHERE id <= (SELECT max(id) FROM ("
                "SELECT id, sum(length(payload)) OVER (ORDER BY id DESC) AS kept FROM dead_letter) WHERE kept > ?)",
                (self._max_bytes * 9 // 10,),
            )
            self._bytes = _count_bytes(connection)

    def drop(self, connection: sqlite3.Connection, ids: Sequence[int]) -> int:
        """Delete those; how many were still there."""
        self._bytes = None
        return connection.executemany("DELETE FROM dead_letter WHERE id = ?", [(one,) for one in ids]).rowcount


def letter_box(spool_limit: int) -> DeadLetterBox:
    """A box for a spool of that many bytes: it takes a quarter of it at most."""
    half = spool_limit // 8
    return DeadLetterBox(min(MAX_LETTERS, half // _LETTER_BYTES), min(MAX_BYTES, half))


def read_letters(connection: sqlite3.Connection, after_id: int, limit: int) -> list[DeadLetter]:
    """Letters by id, oldest first."""
    rows = connection.execute(
        "SELECT id, topic, payload, reason, detail, received_at_ms FROM dead_letter WHERE id > ? ORDER BY id LIMIT ?",
        (after_id, limit),
    )
    return [_as_letter(row) for row in rows]


def read_receptions(connection: sqlite3.Connection, after_id: int, limit: int) -> list[tuple[int, int]]:
    """(id, received_at_ms) by id, oldest first."""
    statement = "SELECT id, received_at_ms FROM dead_letter WHERE id > ? ORDER BY id LIMIT ?"
    return connection.execute(statement, (after_id, limit)).fetchall()


def read_newest_letters(connection: sqlite3.Connection, limit: int) -> list[DeadLetter]:
    """Letters by id, newest first."""
    rows = connection.execute(
        "SELECT id, topic, payload, reason, detail, received_at_ms FROM dead_letter ORDER BY id DESC LIMIT ?", (limit,)
    )
    return [_as_letter(row) for row in rows]


def _as_letter(row: tuple[int, str, bytes, str, str, int]) -> DeadLetter:
    letter_id, topic, payload, reason, detail, received_at_ms = row
    return DeadLetter(
        id=letter_id, topic=topic, payload=payload, reason=reason, detail=detail, received_at_ms=received_at_ms
    )


def _count_bytes(connection: sqlite3.Connection) -> int:
    total: int = connection.execute("SELECT coalesce(sum(length(payload)), 0) FROM dead_letter").fetchone()[0]
    return total
