"""The durable log between the broker and everything else: numbered batches, with the dead letters beside them."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.errors import MaintError, StoreUnavailable, UnknownFormat
from iot_maint.domain.telemetry import Batch, DeadLetter, GatewayBirth, GatewayNotice, Telemetry
from iot_maint.storage.births import BirthBox, read_births
from iot_maint.storage.dead_letters import DeadLetterBox, read_letters, read_receptions
from iot_maint.storage.recent_batches import RecentBatches
from iot_maint.storage.spool_file import (
    damaged,
    hold_lock,
    open_for_reading,
    open_for_writing,
    spool_path,
    storage_errors,
)
from iot_maint.storage.spool_format import VERSION, decode_telemetry, encode_telemetry
from iot_maint.storage.spool_room import SpoolRoom

# One reading takes batches up to this size into memory, and always one.
_READ_BYTES = 1024 * 1024
# What is handed on without a detour over the file: some 25,000 messages of five values, or 20 MB.
_RECENT_BYTES = 2 * 1024 * 1024
_LETTERS_AT_ONCE = 200  # of up to 256 KiB each
# Of handing room back at once: some 8 MB, so that a spool of 4 GiB is small again within ten minutes.
_STEPS = 4


class SqliteSpool:
    """A `Spool` in one SQLite file; open within `with`.  Safe to use from several threads of one process.

    Raises `StoreUnavailable` while the spool or the disk is full or the file is out of reach, `MaintError` when it is
    damaged or another process holds it.
    """

    def __init__(
        self,
        data_dir: Path,
        worker: str,
        letters: DeadLetterBox | None = None,
        room: SpoolRoom | None = None,
        births: BirthBox | None = None,
    ) -> None:
        self._path = spool_path(data_dir, worker)
        self._worker = worker
        self._letters = letters or DeadLetterBox()
        self._births = births or BirthBox()
        self._room = room or SpoolRoom()
        self._recent = RecentBatches(_RECENT_BYTES)
        self._open = ExitStack()
        # Readers do not wait for a commit's fsync: in WAL mode two connections are two worlds.
        self._write_lock = threading.Lock()
        self._read_lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._id = ""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            with storage_errors(self._path):
                self._path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(hold_lock(self._path.with_suffix(".lock"), self._worker))
            self._writer = open_for_writing(self._path)
            stack.callback(self._writer.close)
            self._reader = open_for_reading(self._path)
            stack.callback(self._reader.close)
            with storage_errors(self._path):
                self._room.look(self._writer, self._path)
                (self._id,) = self._reader.execute("SELECT value FROM meta WHERE key = 'id'").fetchone()
            self._open = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def id(self) -> str:
        """A random id, made with the file."""
        return self._id

    def append(
        self,
        telemetry: Sequence[Telemetry],
        dead: Sequence[DeadLetter],
        received_at_ms: int,
        notices: Sequence[GatewayNotice] = (),
    ) -> int:
        """One durable commit; the batch's number, 0 when there was no telemetry."""
        content = encode_telemetry(telemetry) if telemetry else b""
        number = 0
        with self._write() as connection:
            self._room.require(connection, self._path, len(content) + sum(len(one.payload) for one in dead))
            if telemetry:
                cursor = connection.execute(
                    "INSERT INTO batch (format, received_at_ms, telemetry) VALUES (?, ?, ?)",
                    (VERSION, received_at_ms, content),
                )
                number = cursor.lastrowid or 0
            self._letters.add(connection, dead)
            self._births.heed(connection, notices)
        self._room.note_kept()
        if number:
            batch = Batch(number=number, received_at_ms=received_at_ms, telemetry=TelemetryColumns.of(telemetry))
            self._recent.add(batch, len(content))
        return number

    def read_after(self, number: int, limit: int) -> list[Batch]:
        """The next batches in order: at most `limit`, and fewer when they are large."""
        return self._recent.after(number, limit, _READ_BYTES) or self._read_file_after(number, limit)

    def _read_file_after(self, number: int, limit: int) -> list[Batch]:
        rows: list[tuple[int, int, int, bytes]] = []
        size = 0
        with self._read() as connection:
            for row in connection.execute(
                "SELECT number, format, received_at_ms, telemetry FROM batch WHERE number > ? ORDER BY number LIMIT ?",
                (number, limit),
            ):
                rows.append(row)
                size += len(row[3])
                if size >= _READ_BYTES:
                    break
        batches: list[Batch] = []
        for found, version, received_at_ms, content in rows:
            try:
                telemetry = decode_telemetry(version, content)
            except MaintError as error:
                if batches:  # those before it first; it is refused when it is the next one
                    break
                if isinstance(error, UnknownFormat):
                    raise UnknownFormat(f"batch {found} of {self._path}: {error}") from error
                raise damaged(self._path, f"batch {found}: {error}") from error
            batches.append(Batch(number=found, received_at_ms=received_at_ms, telemetry=telemetry))
        return batches

    def last_number(self) -> int:
        """The newest batch's number, also after it was deleted; 0 when none ever was."""
        with self._read() as connection:
            row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'batch'").fetchone()
        return int(row[0]) if row else 0

    def delete_through(self, number: int) -> None:
        """Forget batches up to and with that number."""
        with self._write() as connection:
            connection.execute("DELETE FROM batch WHERE number <= ?", (number,))
            self._room.look(connection, self._path)
        self._recent.drop_through(number)

    def add_dead_letters(self, dead: Sequence[DeadLetter]) -> None:
        """Keep messages that failed after decoding."""
        with self._write() as connection:
            self._letters.add(connection, dead)

    def drop_dead_letters_before(self, at_ms: int) -> int:
        """Forget those received before that; how many went."""
        gone, seen = 0, 0
        while True:
            # In pieces, and through the reader: to find the old ones takes long, and no batch waits for it.
            with self._read() as connection:
                receptions = read_receptions(connection, seen, _LETTERS_AT_ONCE)
            if not receptions:
                return gone
            seen = receptions[-1][0]
            if old := [letter_id for letter_id, received_at_ms in receptions if received_at_ms < at_ms]:
                with self._write() as connection:
                    gone += self._letters.drop(connection, old)

    def give_back_room(self) -> None:
        """Hand free pages back to the disk, if there are many: some of them now, in steps that nobody waits for."""
        for _ in range(_STEPS):
            with self._write_lock, storage_errors(self._path):
                if not self._room.give_back(self._opened(self._writer)):
                    return

    def dead_letters(self, after_id: int, limit: int) -> list[DeadLetter]:
        """Dead letters by id, oldest first."""
        with self._read() as connection:
            return read_letters(connection, after_id, limit)

    def births(self) -> list[GatewayBirth]:
        """The births that are kept, in the order in which they came."""
        with self._read() as connection:
            return read_births(connection)

    def recall(self, key: str) -> str | None:
        """What was remembered under that key, over restarts."""
        with self._read() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, key: str, value: str) -> None:
        """Keep a small text beside the batches, durably; `id` is the spool's own key."""
        with self._write() as connection:
            connection.execute(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
            )

    def close(self) -> None:
        """Release the file and its lock."""
        with self._write_lock, self._read_lock:
            self._writer = self._reader = None
            self._open.close()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, durable when this ends without an exception, and without a trace when not."""
        with self._write_lock, storage_errors(self._path):
            connection = self._opened(self._writer)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                    self._room.note_disk_full(f"spool {self._path}: {error}")
                raise
            finally:
                if connection.in_transaction:
                    connection.rollback()

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with self._read_lock, storage_errors(self._path):
            yield self._opened(self._reader)

    def _opened(self, connection: sqlite3.Connection | None) -> sqlite3.Connection:
        if connection is None:
            raise StoreUnavailable(f"spool {self._path} is not open")
        return connection
