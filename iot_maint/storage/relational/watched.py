"""A database whose absence is noticed by whoever writes to it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from iot_maint.domain.ports import Database, Repositories
from iot_maint.services.absence import Absence


class WatchedDatabase:
    """A `Database` that tells `absence` how each of its writing transactions went.

    Reading ones tell nothing: a SQLite file that another process has locked can still be read.
    """

    def __init__(self, inner: Database, absence: Absence) -> None:
        self._inner = inner
        self._absence = absence

    @contextmanager
    def transaction(self) -> Iterator[Repositories]:
        """As the database's own."""
        with self._absence.watching(), self._inner.transaction() as repositories:
            yield repositories

    def reading(self) -> AbstractContextManager[Repositories]:
        """As the database's own."""
        return self._inner.reading()

    def check(self) -> None:
        """As the database's own."""
        self._inner.check()
