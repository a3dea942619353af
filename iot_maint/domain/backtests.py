"""Backtests that somebody has asked for over the API: what, how far they have come, and what came of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BacktestStatus(StrEnum):
    """Where a request stands; one at a time runs in the whole installation."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedLimit:
    """What the second setting changes about one rule; a None leaves it."""

    limit: float | None = None
    clear_limit: float | None = None
    for_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFault:
    """A fault that the caller knows of."""

    equipment: str
    fault_mode: str
    onset: datetime
    failure: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestRequest:
    """What is to be tried: rules by id or glob, a time (half open), equipment (empty: all), a second setting.

    `models`: ids or statuses of the registry, beside the rules.
    """

    rules: Sequence[str]
    start: datetime
    end: datetime
    equipment: Sequence[str] = ()
    changes: Mapping[str, WishedLimit] | None = None
    faults: Sequence[GivenFault] = ()
    wish: float | None = None
    models: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBacktest:
    """A request with its fate.  `progress` is a share; `error` one line; `attempts` counts its starts."""

    id: int
    request: BacktestRequest
    status: BacktestStatus
    asked_at: datetime
    asked_by: str
    progress: float
    attempts: int
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestOutput:
    """What came of it: the document by language, as JSON, and the data of its picture."""

    documents: Mapping[str, str]
    picture: bytes
