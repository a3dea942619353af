"""One cluster of equipment (a site) through a backtest: its history, and a throwaway installation a setting."""

import itertools
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from iot_maint.bootstrap.backtest_progress import note_share
from iot_maint.bootstrap.flapping import flap_limits_of
from iot_maint.bootstrap.replaying import NEVER_LATE, copy_entries
from iot_maint.catalog import load_catalog
from iot_maint.clock import ReplayClock
from iot_maint.domain.alarms import AlarmEvent
from iot_maint.domain.catalog import Catalog
from iot_maint.domain.columns import Floats, TelemetryColumns
from iot_maint.domain.equipment import Monitored
from iot_maint.domain.history import HistoryRows, rows_of_series
from iot_maint.domain.instants import instant
from iot_maint.domain.telemetry import Telemetry
from iot_maint.ingest.recordings import read_recording
from iot_maint.metering import PrometheusMeter
from iot_maint.services.backtest.choosing import compared_metrics, metrics_for, narrow
from iot_maint.services.backtest.columns import pieces
from iot_maint.services.backtest.coverage import Watch
from iot_maint.services.backtest.envelopes import Envelopes
from iot_maint.services.backtest.history import Slice, Subject, read_slices
from iot_maint.services.backtest.modelled import (
    ChosenModels,
    keep_reveals,
    metrics_of,
    see_scores,
    switch_off_others,
    with_wishes,
)
from iot_maint.services.backtest.result import ClusterRuns
from iot_maint.services.backtest.running import ClosingDesk, Runner, run_through
from iot_maint.services.backtest.trials import Trial, apply_wishes
from iot_maint.services.backtest.verdicts import is_false
from iot_maint.services.feedback.faults import Labels
from iot_maint.services.monitoring import Monitor
from iot_maint.services.roster import Roster
from iot_maint.services.scoring.live_models import LiveModel
from iot_maint.services.scoring.scorer import Scored, forget_scores
from iot_maint.settings import Settings
from iot_maint.storage.relational.database import RelationalDatabase, open_database
from iot_maint.storage.telemetry import open_telemetry_store

# A batch: of equipment on which a limit is crossed all messages of a batch are decided one by one.
MESSAGES = 2_000
_FILE_SLICE = 50_000  # messages
_SAMPLE = 200  # values of a slice, equipment and metric that stand for all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What one process is given.  `files` instead of the store's history; `plotted`: keep the shapes for a plot.

    `beside` are codes of equipment that is only compared with; nothing of it counts.
    `models` are tried on their equipment, by code, beside the rules.
    `allowed` false alarms may a setting raise before it is given up (None: any number).  `progress` is a file for the
    share that is done.
    """

    settings: Settings
    rules: tuple[str, ...]
    trials: tuple[Trial, ...]
    entries: tuple[Monitored, ...]
    beside: frozenset[str]
    start_ms: int
    end_ms: int
    files: tuple[Path, ...] = ()
    labels: Labels = field(default_factory=Labels)
    allowed: int | None = None
    plotted: bool = False
    progress: Path | None = None
    models: Mapping[str, LiveModel] = field(default_factory=dict)


def run_cluster(cluster: Cluster) -> ClusterRuns:
    """The runs of all settings over one pass through the history."""
    catalog = narrow(load_catalog(cluster.settings.catalog_dir, cluster.settings.service_levels), cluster.rules)
    watch, envelopes = Watch(), Envelopes(cluster.start_ms, cluster.end_ms)
    site_of = {entry.equipment.code: entry.equipment.site for entry in cluster.entries}

    def batches() -> Iterator[TelemetryColumns]:
        for part in _watched(read_cluster(cluster, catalog), cluster):
            for code, rows in part.rows.items():
                if code in cluster.beside:
                    continue
                watch.see(site_of[code], code, rows.at_ms)
                if cluster.plotted:
                    envelopes.see(code, rows)
            yield from pieces(part.telemetry, MESSAGES)

    def see(scores: Sequence[Scored]) -> None:
        see_scores(envelopes.see, scores, cluster.beside)

    with ExitStack() as stack:
        # Settings differ in limits: the scores of one are those of all.
        first = see if cluster.plotted else forget_scores
        takers = (first, *(forget_scores for _ in cluster.trials[1:]))
        runners = [
            stack.enter_context(_open_runner(cluster, catalog, trial, take))
            for trial, take in zip(cluster.trials, takers, strict=True)
        ]
        run_through(batches(), runners)
        return ClusterRuns(
            runs=tuple(runner.run for runner in runners), coverage=watch.coverage, envelopes=envelopes.envelopes
        )


def sample_cluster(cluster: Cluster) -> Mapping[str, Floats]:
    """By equipment: some hundreds of values a slice of the one metric that its one rule looks at; or all scores."""
    if not cluster.rules:
        return _scores_of(cluster)
    catalog = narrow(load_catalog(cluster.settings.catalog_dir, cluster.settings.service_levels), cluster.rules)
    of_rule = {rule.id: rule.metric for one in catalog.types.values() for rule in one.rules.values()}
    metric = of_rule[cluster.rules[0]]
    found: dict[str, list[Floats]] = defaultdict(list)
    for part in _watched(read_cluster(cluster, catalog), cluster):
        for code, rows in part.rows.items():
            if metric in rows.metrics and code not in cluster.beside:
                values = rows.values[:, rows.metrics.index(metric)]
                values = values[~np.isnan(values)]
                found[code].append(np.sort(values)[:: 1 + len(values) // _SAMPLE])
                found[code].append(values[-1:] if not len(values) else np.array([values.min(), values.max()]))
    return {code: np.concatenate(parts) for code, parts in found.items()}


def _scores_of(cluster: Cluster) -> Mapping[str, Floats]:
    """Above 0, by equipment."""
    found: dict[str, list[Floats]] = defaultdict(list)

    def take(scores: Sequence[Scored]) -> None:
        see_scores(lambda code, rows: found[code].append(rows.values[:, 0]), scores, cluster.beside)

    catalog = narrow(load_catalog(cluster.settings.catalog_dir, cluster.settings.service_levels), cluster.rules)
    with _open_runner(cluster, catalog, cluster.trials[0], take) as runner:
        parts = _watched(read_cluster(cluster, catalog), cluster)
        run_through((piece for part in parts for piece in pieces(part.telemetry, MESSAGES)), [runner])
    return {code: np.concatenate(scores) for code, scores in found.items()}


def read_cluster(cluster: Cluster, catalog: Catalog) -> Iterator[Slice]:
    """The cluster's history in the order of time; of files in the order in which they tell it."""
    if cluster.files:
        yield from _read_files(cluster, catalog)
        return
    subjects = subjects_of(cluster.entries, catalog, cluster.models)
    store = open_telemetry_store(cluster.settings.telemetry, tls_files=cluster.settings.telemetry_tls)
    try:
        yield from read_slices(store, subjects, cluster.start_ms, cluster.end_ms)
    finally:
        store.close()


def subjects_of(entries: Sequence[Monitored], catalog: Catalog, models: Mapping[str, LiveModel]) -> list[Subject]:
    """Whose history is read, and which metrics: those that the (narrowed) catalog's rules or models look at, or rules
    compare with."""
    subjects, compared = [], compared_metrics(catalog)
    for entry in entries:
        declared = catalog.types[entry.equipment.type]
        code, site = entry.equipment.code, entry.equipment.site
        looked_at = {*(metrics_for(declared, declared.metrics) or compared), *metrics_of(models.get(code))}
        metrics = tuple(one for one in declared.metrics if one in looked_at)
        subjects.append(Subject(site=site, equipment=code, measurement=declared.name, metrics=metrics))
    return subjects


def _read_files(cluster: Cluster, catalog: Catalog) -> Iterator[Slice]:
    metrics = {one.equipment: frozenset(one.metrics) for one in subjects_of(cluster.entries, catalog, cluster.models)}
    site_of = {entry.equipment.code: entry.equipment.site for entry in cluster.entries}

    def wanted(item: Telemetry) -> bool:
        return site_of.get(item.equipment) == item.site and cluster.start_ms <= item.at_ms < cluster.end_ms

    told = (item for file in cluster.files for item in read_recording(file, cluster.settings.zone))
    chosen = filter(wanted, told)
    while chunk := list(itertools.islice(chosen, _FILE_SLICE)):
        rows = {code: _rows_of(code, items, metrics[code]) for code, items in _by_equipment(chunk).items()}
        # Texts of enums and other rarities travel with the whole of a chunk, which is not cut into pieces.
        for first in range(0, len(chunk), MESSAGES):
            piece = chunk[first : first + MESSAGES]
            yield Slice(
                start_ms=min(item.at_ms for item in piece),
                end_ms=max(item.at_ms for item in piece) + 1,
                rows=rows if first == 0 else {},
                telemetry=TelemetryColumns.of(piece),
            )


def _by_equipment(items: Sequence[Telemetry]) -> Mapping[str, list[Telemetry]]:
    found: dict[str, list[Telemetry]] = defaultdict(list)
    for item in items:
        found[item.equipment].append(item)
    return found


def _rows_of(code: str, items: Sequence[Telemetry], metrics: frozenset[str]) -> HistoryRows:
    del code
    series: dict[str, dict[int, float]] = defaultdict(dict)
    for item in items:
        for metric, value in item.values.items():
            if metric in metrics:
                series[metric][item.at_ms] = value
    ordered = [sorted(one.items()) for one in series.values()]
    columns = [
        (np.array([at for at, _ in one], dtype=np.int64), np.array([value for _, value in one])) for one in ordered
    ]
    return rows_of_series(tuple(series), columns)


def _watched(slices: Iterator[Slice], cluster: Cluster) -> Iterator[Slice]:
    """The slices; how far they have come is written down."""
    for part in slices:
        yield part
        if cluster.progress is not None:
            done = (part.end_ms - cluster.start_ms) / max(1, cluster.end_ms - cluster.start_ms)
            note_share(cluster.progress, done)


@contextmanager
def _open_runner(
    cluster: Cluster, catalog: Catalog, trial: Trial, on_scores: Callable[[Sequence[Scored]], None]
) -> Iterator[Runner]:
    clock = ReplayClock(instant(0))
    entries = [apply_wishes(catalog, entry, trial.wishes) for entry in cluster.entries]
    if cluster.models:
        whole = keep_reveals(load_catalog(cluster.settings.catalog_dir, cluster.settings.service_levels), catalog)
        entries = [switch_off_others(entry, whole, catalog) for entry in entries]
        catalog = whole
    with _open_stage() as database:
        copy_entries(database, entries, clock)
        monitor = Monitor(
            database=database,
            roster=Roster(database, catalog, NEVER_LATE, time.monotonic, cluster.settings.zone),
            desk=ClosingDesk(catalog=catalog, clock=clock, site_zone=cluster.settings.zone, channels=()),
            clock=clock,
            meter=PrometheusMeter(),
            worker="backtest",
            spool_id="backtest",
            flap_limits=flap_limits_of(cluster.settings),
            models=ChosenModels(with_wishes(cluster.models, trial)),
            on_scores=on_scores,
        )
        monitor.start()
        yield Runner(monitor=monitor, advance=clock.advance, too_much=_limit(cluster), beside=cluster.beside)


def _limit(cluster: Cluster) -> Callable[[AlarmEvent], bool]:
    false = 0

    def too_much(event: AlarmEvent) -> bool:
        nonlocal false
        false += is_false(event.key, cluster.labels)
        return cluster.allowed is not None and false > cluster.allowed

    return too_much


@contextmanager
def _open_stage() -> Iterator[RelationalDatabase]:
    """A database that is gone afterwards; it is made once a process, and copied."""
    with tempfile.TemporaryDirectory(prefix="iot-maint-backtest-") as folder:
        path = Path(folder) / "backtest.db"
        with open_database(f"sqlite:///{path}") as database:
            database.check()
            yield database
