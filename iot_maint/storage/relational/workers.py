"""What ingest workers say of themselves."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select

from iot_maint.domain.instants import epoch_ms, instant
from iot_maint.domain.workers import IngestWorker
from iot_maint.storage.relational.statements import upsert
from iot_maint.storage.relational.tables.service import ingest_workers

_brief = [column for column in ingest_workers.columns if column.name != "sites"]


class SqlWorkers:
    """`WorkerRepository` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[IngestWorker]:
        """Every worker's record, without its sites: those may be many, and rarely change."""
        rows = self._connection.execute(select(*_brief).order_by(ingest_workers.c.worker))
        return [
            IngestWorker(worker=row.worker, takes=row.takes, beat=row.beat, revision=row.revision, seen_at=row.seen_at)
            for row in rows
        ]

    def sites_of(self, worker: str) -> dict[str, datetime]:
        """The sites that it has, and since when."""
        statement = select(ingest_workers.c.sites).where(ingest_workers.c.worker == worker)
        text = self._connection.execute(statement).scalar_one_or_none()
        since = {} if text is None else msgspec.json.decode(text, type=dict[str, int])
        return {site: instant(ms) for site, ms in since.items()}

    def put(self, record: IngestWorker) -> None:
        """Replace the worker's record, sites included."""
        sites = msgspec.json.encode({site: epoch_ms(since) for site, since in sorted(record.sites.items())}).decode()
        upsert(self._connection, ingest_workers, [{**_row(record), "sites": sites}], key=("worker",))

    def beat(self, record: IngestWorker) -> None:
        """Replace the worker's record, but leave its sites as they are."""
        values = {name: value for name, value in _row(record).items() if name != "worker"}
        statement = ingest_workers.update().where(ingest_workers.c.worker == record.worker).values(values)
        self._connection.execute(statement)

    def drop(self, worker: str) -> None:
        """The worker has taken on nothing any more."""
        self._connection.execute(delete(ingest_workers).where(ingest_workers.c.worker == worker))


def _row(record: IngestWorker) -> Mapping[str, object]:
    return {
        "worker": record.worker,
        "takes": record.takes,
        "beat": record.beat,
        "revision": record.revision,
        "seen_at": record.seen_at,
    }
