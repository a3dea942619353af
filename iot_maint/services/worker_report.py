"""What the ingest workers say that they take, in a line, and what is wrong with it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from iot_maint.domain.workers import IngestWorker

AWAY_AFTER = timedelta(minutes=1)
_NOBODY = "no worker was started with --share or --filter: each takes everything"


def say_workers(records: Sequence[IngestWorker], now: datetime) -> str:
    """Every worker, its part, and when it was last connected."""
    return "; ".join(_say(record, now) for record in records) or _NOBODY


def worker_problems(records: Sequence[IngestWorker], now: datetime) -> list[str]:
    """Workers that are away, shares that nobody has, and shares of different numbers of workers."""
    problems = [
        f"worker {record.worker} ({record.takes}) was last connected {_ago(record, now)}: start it, "
        "or hand its part over with `iot-maint ingest --leave` under its name"
        for record in records
        if now - record.seen_at > AWAY_AFTER
    ]
    living = [record for record in records if now - record.seen_at <= AWAY_AFTER]
    counts = sorted({record.share.count for record in living if record.share is not None})
    if len(counts) > 1:
        problems.append(
            f"shares of {' and of '.join(map(str, counts))} workers at once: start all with the same number"
        )
    elif counts:
        problems += _missing(living, counts[0])
    return problems


def _missing(living: Iterable[IngestWorker], count: int) -> list[str]:
    has = {record.share.index for record in living if record.share is not None}
    missing = [f"{index}/{count}" for index in range(1, count + 1) if index not in has]
    if not missing:
        return []
    meanwhile = "sites that are not in the register" if 1 not in has else "its sites meanwhile"
    who = "nobody takes" if 1 not in has else "worker 1 takes"
    return [f"no worker has the share {', '.join(missing)}: {who} {meanwhile}; start it"]


def _say(record: IngestWorker, now: datetime) -> str:
    sites = f" ({len(record.sites)} sites{_rest(record)})" if record.share is not None else ""
    return f"worker {record.worker} takes {record.takes}{sites}, connected {_ago(record, now)}"


def _rest(record: IngestWorker) -> str:
    return " and the rest" if record.share is not None and record.share.takes_the_rest else ""


def _ago(record: IngestWorker, now: datetime) -> str:
    return f"{max((now - record.seen_at).total_seconds(), 0):.0f} s ago"
