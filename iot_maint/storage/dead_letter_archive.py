"""The dead letters of all workers of a data directory, read beside the running service, which never notices."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from iot_maint.domain.errors import UnknownThing
from iot_maint.domain.telemetry import DeadLetter
from iot_maint.storage.dead_letters import read_letters, read_newest_letters
from iot_maint.storage.spool_file import open_for_reading, storage_errors, workers_in

_AT_ONCE = 100  # letters of up to 256 KiB each


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledLetter:
    """A dead letter and the worker in whose spool it lies; `reference` names it on the command line."""

    worker: str
    letter: DeadLetter

    @property
    def reference(self) -> str:
        return f"{self.worker}:{self.letter.id}"


class DeadLetterArchive:
    """What all workers could not decode or store."""

    def __init__(self, connections: Mapping[str, tuple[Path, sqlite3.Connection]]) -> None:
        self._connections = connections

    def newest(self, limit: int) -> list[FiledLetter]:
        """The newest letters of all workers, newest first."""
        found: list[FiledLetter] = []
        for worker, (path, connection) in self._connections.items():
            with storage_errors(path):
                found += [
                    FiledLetter(worker=worker, letter=letter) for letter in read_newest_letters(connection, limit)
                ]
        found.sort(key=lambda filed: (filed.letter.received_at_ms, filed.letter.id), reverse=True)
        return found[:limit]

    def walk(self, reason: str | None = None) -> Iterator[FiledLetter]:
        """All letters of all workers, or those of one reason; oldest first within a worker, never all in memory."""
        for worker, (path, connection) in self._connections.items():
            seen = 0
            while True:
                with storage_errors(path):
                    letters = read_letters(connection, seen, _AT_ONCE)
                if not letters:
                    break
                seen = letters[-1].id
                for letter in letters:
                    if reason is None or letter.reason == reason:
                        yield FiledLetter(worker=worker, letter=letter)

    def reasons(self) -> list[str]:
        """Every reason that some letter has, in the order of their names."""
        found: set[str] = set()
        for path, connection in self._connections.values():
            with storage_errors(path):
                found.update(reason for (reason,) in connection.execute("SELECT DISTINCT reason FROM dead_letter"))
        return sorted(found)

    def find(self, reference: str) -> FiledLetter:
        """One letter by its reference; `UnknownThing` when there is none."""
        worker, _, number = reference.rpartition(":")
        if worker in self._connections and number.isdecimal() and len(number) < 19:
            path, connection = self._connections[worker]
            with storage_errors(path):
                for letter in read_letters(connection, int(number) - 1, 1):
                    if letter.id == int(number):
                        return FiledLetter(worker=worker, letter=letter)
        raise UnknownThing(f"no dead letter {reference!r}: `iot-maint dead-letters list` shows the references")


@contextmanager
def open_dead_letters(data_dir: Path) -> Iterator[DeadLetterArchive]:
    """Open the dead letters of every worker that ever had a spool there; none is no error."""
    with ExitStack() as stack:
        connections: dict[str, tuple[Path, sqlite3.Connection]] = {}
        for worker, path in workers_in(data_dir).items():
            connection = open_for_reading(path)
            stack.callback(connection.close)
            connections[worker] = (path, connection)
        yield DeadLetterArchive(connections)
