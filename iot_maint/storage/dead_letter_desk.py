"""Dead letters on their way out, beside the running service: let go of, or put into the spool again."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from iot_maint.domain.telemetry import Telemetry
from iot_maint.storage.dead_letter_archive import FiledLetter
from iot_maint.storage.spool_file import open_for_writing, storage_errors, workers_in
from iot_maint.storage.spool_format import VERSION, encode_telemetry


class DeadLetterDesk:
    """Changes the spools of a data directory.  A worker that runs finds a batch put in here at its next look."""

    def __init__(self, connections: dict[str, tuple[Path, sqlite3.Connection]]) -> None:
        self._connections = connections

    def discard(self, letters: Iterable[FiledLetter]) -> int:
        """Forget the letters; how many were still there."""
        gone = 0
        for worker, ids in _by_worker(letters).items():
            with self._transaction(worker) as connection:
                gone += _delete(connection, ids)
        return gone

    def replay(self, worker: str, done: Sequence[FiledLetter], telemetry: Sequence[Telemetry], at_ms: int) -> None:
        """In one transaction: the telemetry is a batch of that worker's spool, and the letters behind it are gone."""
        with self._transaction(worker) as connection:
            if telemetry:
                connection.execute(
                    "INSERT INTO batch (format, received_at_ms, telemetry) VALUES (?, ?, ?)",
                    (VERSION, at_ms, encode_telemetry(telemetry)),
                )
            _delete(connection, [filed.letter.id for filed in done])

    @contextmanager
    def _transaction(self, worker: str) -> Iterator[sqlite3.Connection]:
        path, connection = self._connections[worker]
        with storage_errors(path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.rollback()


@contextmanager
def open_letter_desk(data_dir: Path) -> Iterator[DeadLetterDesk]:
    """The desk over all workers' spools; the running service keeps its lock and notices nothing."""
    with ExitStack() as stack:
        connections: dict[str, tuple[Path, sqlite3.Connection]] = {}
        for worker, path in workers_in(data_dir).items():
            connection = open_for_writing(path)
            stack.callback(connection.close)
            connections[worker] = (path, connection)
        yield DeadLetterDesk(connections)


def _by_worker(letters: Iterable[FiledLetter]) -> dict[str, list[int]]:
    ids: dict[str, list[int]] = {}
    for filed in letters:
        ids.setdefault(filed.worker, []).append(filed.letter.id)
    return ids


def _delete(connection: sqlite3.Connection, ids: Sequence[int]) -> int:
    return sum(connection.execute("DELETE FROM dead_letter WHERE id = ?", (one,)).rowcount for one in ids)
