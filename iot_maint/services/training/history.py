"""The healthy history of one piece of equipment, read in bins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np

from iot_maint.domain.catalog import DATA_QUALITY, EquipmentType
from iot_maint.domain.columns import Floats, Integers
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.instants import epoch_ms, instant
from iot_maint.domain.ports import Database, TelemetryStore
from iot_maint.domain.queries import AlarmQuery, BinnedMetric, BinQuery, PageRequest, WorkOrderQuery
from iot_maint.models.detector import Recipe, Rows
from iot_maint.services.paging import every_item
from iot_maint.services.training.healthy import Reason, Span, healthy_bins, unhealthy_spans

# A metric with a value in fewer rows than that has nothing to be learned of.
LEAST_PRESENT = 0.05
_MARKS_BIN_MS = 600_000
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Healthy rows of what was really there: `recipe` names no metric that was hardly ever sent (those are `absent`).

    `left_out`: bins by reason; of a `data_fault` some are rows of which single values were taken out.
    `present`: the share of rows in which each metric has a value.
    """

    equipment: Equipment
    recipe: Recipe
    rows: Rows
    left_out: Mapping[str, int]
    present: Mapping[str, float]
    absent: tuple[str, ...]
    count: int

    @property
    def days(self) -> float:
        """How much healthy time its rows are."""
        return self.count * self.recipe.bin_s / 86_400

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From the start of its first row's bin to the end of its last; not of a history without rows."""
        return instant(int(self.rows.at_ms[0] - round(self.recipe.bin_s * 1000))), instant(int(self.rows.at_ms[-1]))

    def newest(self, count: int) -> "History":
        """With so many of its rows at most; what it says of all of them stays."""
        rows = self.rows
        first = max(len(rows) - count, 0)
        few = Rows(metrics=rows.metrics, at_ms=rows.at_ms[first:].copy(), values=rows.values[first:].copy())
        return replace(self, rows=few)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryReader:
    """Reads histories of [`start`, `until`); `zone` is the site's."""

    database: Database
    store: TelemetryStore
    zone: ZoneInfo
    start: datetime
    until: datetime

    def read(self, equipment: Equipment, equipment_type: EquipmentType, recipe: Recipe) -> History:
        """What there is; no row at all is a history too."""
        bin_ms = round(recipe.bin_s * 1000)
        start_ms = epoch_ms(self.start) // bin_ms * bin_ms
        end_ms = max(epoch_ms(self.until) // bin_ms * bin_ms, start_ms)
        columns = recipe.columns
        values = self.store.read_bins(
            BinQuery(
                measurement=equipment_type.name,
                equipment=equipment.code,
                metrics=[_bounded(equipment_type, name) for name in columns],
                start_ms=start_ms,
                end_ms=end_ms,
                bin_ms=bin_ms,
            )
        ).values
        at_ms = start_ms + bin_ms * np.arange(1, len(values) + 1, dtype=np.int64)
        watched = len(recipe.metrics)
        faulty = self._take_out_faults(equipment.code, columns, at_ms, bin_ms, values)
        silent = np.isnan(values[:, :watched]).all(axis=1)
        healthy, left_out = healthy_bins(at_ms, bin_ms, self._spans(equipment.code))
        counts: dict[str, int] = {reason.value: number for reason, number in left_out.items()}
        counts[Reason.DATA_FAULT.value] = counts.get(Reason.DATA_FAULT.value, 0) + int((faulty & healthy).sum())
        counts[Reason.NO_DATA.value] = int((silent & ~faulty & healthy).sum())
        kept = healthy & ~silent
        rows = Rows(metrics=columns, at_ms=at_ms[kept], values=values[kept])
        return _only_what_is_there(equipment, recipe, rows, {name: count for name, count in counts.items() if count})

    def _spans(self, code: str) -> list[Span]:
        with self.database.reading() as repositories:
            request = PageRequest(limit=_PAGE)
            alarms = list(every_item(partial(repositories.alarms.page, AlarmQuery(equipment=code)), request))
            orders = list(every_item(partial(repositories.orders.page, WorkOrderQuery(equipment=code)), request))
            replacements = repositories.equipment.replacements(code)
        return unhealthy_spans(alarms, orders, replacements, until=self.until, zone=self.zone)

    def _take_out_faults(
        self, code: str, columns: Sequence[str], at_ms: Integers, bin_ms: int, values: Floats
    ) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Make NaN of what the data-quality reports call frozen or jumping; the bins that lost something by it."""
        touched = np.zeros(len(at_ms), dtype=np.bool_)
        if not len(at_ms):
            return touched
        start_ms = int(at_ms[0] - bin_ms) // _MARKS_BIN_MS * _MARKS_BIN_MS
        end_ms = -(-int(at_ms[-1]) // _MARKS_BIN_MS) * _MARKS_BIN_MS
        query = BinQuery(
            measurement=DATA_QUALITY,
            equipment=code,
            metrics=[BinnedMetric(name=f"{name}.{mark}") for name in columns for mark in ("frozen_s", "jumps")],
            start_ms=start_ms,
            end_ms=end_ms,
            bin_ms=_MARKS_BIN_MS,
        )
        marks = np.nan_to_num(self.store.read_bins(query).values)
        for number, mark in zip(*np.nonzero(marks), strict=True):
            column, what = divmod(int(mark), 2)
            end = start_ms + (int(number) + 1) * _MARKS_BIN_MS
            # A report speaks of the time since the one before it, a frozen value of all the time that it stood.
            back_ms = 2 * _MARKS_BIN_MS + (0 if what else round(float(marks[number, mark]) * 1000))
            span = slice(
                int(np.searchsorted(at_ms, end - back_ms, side="right")),
                int(np.searchsorted(at_ms, end + bin_ms, side="left")),
            )
            touched[span] |= ~np.isnan(values[span, column])
            values[span, column] = np.nan
        return touched


def _only_what_is_there(equipment: Equipment, recipe: Recipe, rows: Rows, left_out: Mapping[str, int]) -> History:
    present = 1.0 - np.isnan(rows.values).mean(axis=0) if len(rows) else np.zeros(len(rows.metrics))
    there = present >= LEAST_PRESENT if len(rows) else np.ones(len(rows.metrics), dtype=np.bool_)
    names = {name for name, is_there in zip(rows.metrics, there, strict=True) if is_there}
    return History(
        equipment=equipment,
        recipe=replace(
            recipe,
            metrics=tuple(name for name in recipe.metrics if name in names),
            drivers=tuple(name for name in recipe.drivers if name in names),
            gate=recipe.gate if recipe.gate in names else None,
        ),
        rows=Rows(
            metrics=tuple(name for name in rows.metrics if name in names),
            at_ms=rows.at_ms,
            values=np.ascontiguousarray(rows.values[:, there]),
        ),
        left_out=left_out,
        present={
            name: round(float(share), 4)
            for name, share, is_there in zip(rows.metrics, present, there, strict=True)
            if is_there
        },
        absent=tuple(name for name in rows.metrics if name not in names),
        count=len(rows),
    )


def _bounded(equipment_type: EquipmentType, name: str) -> BinnedMetric:
    metric = equipment_type.metrics[name]
    return BinnedMetric(name=name, minimum=metric.minimum, maximum=metric.maximum)
