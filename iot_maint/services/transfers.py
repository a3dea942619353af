"""Confirming or merging a code moves its history: its points are copied to where the register now looks for them."""

import logging
from dataclasses import replace
from datetime import timedelta

from iot_maint.domain.equipment import Transfer
from iot_maint.domain.errors import StoreRefused
from iot_maint.domain.ports import Clock, Database, TelemetryStore

# A worker's register is at most a second old (services/roster.py), and one batch may be under way with the old one:
# what was received this long after the request is stored under the new identity by itself.
SETTLING = timedelta(seconds=5)

log = logging.getLogger(__name__)


def run_transfers(database: Database, store: TelemetryStore, clock: Clock, settling: timedelta = SETTLING) -> int:
    """Copy the points of pending transfers; how many were finished.

    A transfer is copied at once, so that the history is there, and once more when every worker has stored all that
    it received until `settling` after the request: only then can nothing come under the old identity any more.
    Copying again overwrites each point by itself.  With an accelerated clock, give `settling` in its time.
    A worker that is never started again keeps transfers pending, with their points copied.
    """
    with database.reading() as repositories:
        pending = repositories.equipment.pending_transfers()
        stored_through = repositories.checkpoints.stored_through()
    finished = 0
    for transfer in pending:
        # Known before the copy begins: what is stored while it runs is new, and not the copy's to find.
        settled_at = transfer.requested_at + settling
        last_copy = bool(stored_through) and all(through >= settled_at for through in stored_through.values())
        if transfer.points_copied and not last_copy:
            continue
        try:
            copied = _copy(transfer, store)
        except StoreRefused as error:
            log.error("transfer %d of %s to %s waits: %s", transfer.id, transfer.source, transfer.target, error)
            continue
        done = replace(transfer, points_copied=copied, finished_at=clock.now() if last_copy else None)
        with database.transaction() as repositories:
            repositories.equipment.update_transfer(done)
        finished += last_copy
    return finished


def _copy(transfer: Transfer, store: TelemetryStore) -> int:
    copied = 0
    for points in store.read_points(transfer.from_measurement, transfer.source_site, transfer.source):
        moved = [
            replace(
                point,
                measurement=transfer.to_measurement,
                tags={**point.tags, "site": transfer.target_site, "equipment": transfer.target},
            )
            for point in points
        ]
        store.write(moved)
        copied += len(moved)
    return copied
