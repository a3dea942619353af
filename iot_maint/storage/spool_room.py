"""How much of the disk a spool may hold, and what is said of it: nearly full, full, and room again."""

import sqlite3
from pathlib import Path

from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.domain.ports import PlatformAlarms

MIB = 1024 * 1024
DEFAULT_LIMIT = 4096 * MIB
# Shares of the limit.  Between each pair nothing changes, so that a spool that hovers there makes one alarm of it.
NEARLY_FULL, NO_LONGER = 0.8, 0.7
FULL, TAKES_AGAIN = 1.0, 0.95
# Between two looks at the file, what is appended is counted: so much of the limit may be wrong at most.
_LOOK_AFTER = 1 / 200
# Free pages up to this size stay in the file, for the next batches; one step moves so many pages to its end.
KEPT_FREE = 64 * MIB
_STEP_PAGES = 500


class SpoolRoom:
    """The room of one spool, whose write lock is held by who calls, but for `note_kept`."""

    def __init__(
        self, limit: int = DEFAULT_LIMIT, platform: PlatformAlarms | None = None, kept_free: int = KEPT_FREE
    ) -> None:
        self._limit = limit
        self._platform = platform
        self._kept_free = kept_free
        self._looked = 0  # bytes in use when we last looked
        self._since = 0  # bytes appended since then
        self._full = False
        self._disk_full = False

    def require(self, connection: sqlite3.Connection, path: Path, size: int) -> None:
        """`StoreUnavailable` while there is no room; else `size` more bytes are counted."""
        due = self._since > self._limit * _LOOK_AFTER or self._looked + self._since >= self._limit * FULL
        if due or self._full:
            self.look(connection, path)
        if self._full:
            raise StoreUnavailable(f"{self._words(path)}, it is full and waits until the stores have taken some of it")
        self._since += size

    def look(self, connection: sqlite3.Connection, path: Path) -> None:
        """Ask the file how much of it is in use, and tell the platform."""
        self._looked, self._since = used_bytes(connection, path), 0
        share = self._looked / self._limit
        if share >= NEARLY_FULL:
            self._raise(PlatformAlarmKind.SPOOL_NEARLY_FULL, self._words(path))
        elif share < NO_LONGER:
            self._clear(PlatformAlarmKind.SPOOL_NEARLY_FULL)
        if share >= FULL:
            self._full = True
            self._raise(PlatformAlarmKind.SPOOL_FULL, self._words(path))
        elif share < TAKES_AGAIN:
            self._full = False
            if not self._disk_full:
                self._clear(PlatformAlarmKind.SPOOL_FULL)

    def note_disk_full(self, detail: str) -> None:
        """The disk was full before the spool was: for who waits for messages it is the same."""
        self._disk_full = True
        self._raise(PlatformAlarmKind.SPOOL_FULL, detail)

    def note_kept(self) -> None:
        """A batch is on the disk, so that is not full any more."""
        if self._disk_full:
            self._disk_full = False
            if not self._full:
                self._clear(PlatformAlarmKind.SPOOL_FULL)

    def give_back(self, connection: sqlite3.Connection) -> bool:
        """One short transaction that hands free pages back to the disk; false when there is nothing to hand back."""
        free = _pragma(connection, "freelist_count") * _pragma(connection, "page_size")
        if free <= self._kept_free:
            return False
        # As a script: of a statement without columns the driver takes one step, and one step is one page.
        connection.executescript(f"PRAGMA incremental_vacuum({_STEP_PAGES})")
        return True

    def _words(self, path: Path) -> str:
        # Whole MiB: the words of an alarm change with its detail, and each change is saved.
        return f"spool {path} holds {self._looked // MIB} of {self._limit // MIB} MiB"

    def _raise(self, kind: PlatformAlarmKind, detail: str) -> None:
        if self._platform is not None:
            self._platform.raise_alarm(kind, detail)

    def _clear(self, kind: PlatformAlarmKind) -> None:
        if self._platform is not None:
            self._platform.clear(kind)


def used_bytes(connection: sqlite3.Connection, path: Path) -> int:
    """What the spool holds on the disk, its write-ahead log included, without the pages that will be used again."""
    pages = _pragma(connection, "page_count") - _pragma(connection, "freelist_count")
    try:
        log = Path(f"{path}-wal").stat().st_size
    except FileNotFoundError:
        log = 0
    return pages * _pragma(connection, "page_size") + log


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value
