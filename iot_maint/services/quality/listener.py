"""Listens to every batch that is decided: numpy over its columns, no loop over messages or readings."""

from collections.abc import Mapping
from datetime import timedelta
from threading import Lock

import numpy as np

from iot_maint.domain.catalog import RUNNING, EquipmentType, Metric, MetricKind
from iot_maint.domain.columns import Floats, Integers, Origin, TelemetryColumns
from iot_maint.domain.equipment import Monitored
from iot_maint.domain.ports import Meter
from iot_maint.domain.telemetry import Rejection, Telemetry
from iot_maint.rules.applicability import interval_of, no_data_after, stuck_after
from iot_maint.services.quality.rows import Rows, newer_than_before, one_before, rank_of_each
from iot_maint.services.quality.slots import LAGS, NEVER_MS, NOBODY, EquipmentSlots, SeriesSlots
from iot_maint.services.roster import Named, Roster

NEAR_INTERVALS = 3  # readings further apart are no step


class Listener:
    """What is known of the data of one worker, in slots by number.

    `observe` comes from the decider's thread, `note_refused` from the receiver's; whoever reads or changes `series`
    and `equipment` beside them holds `lock`.
    """

    def __init__(self, roster: Roster, meter: Meter) -> None:
        self.lock = Lock()
        self.series = SeriesSlots()
        self.equipment = EquipmentSlots()
        self._roster = roster
        self._meter = meter
        self._entries: Mapping[str, Monitored] = {}
        self._rows = Rows()
        self._series_by_name: dict[tuple[str, str], int] = {}
        self._equipment_by_code: dict[str, int] = {}
        self._sentinels: dict[int, frozenset[float]] = {}
        self._any_sentinel: tuple[float, ...] = ()
        self._gated: dict[str, frozenset[str]] = {}

    def observe(self, columns: TelemetryColumns) -> None:
        """Take in one batch; in order, as it is decided."""
        if not len(columns):
            return
        with self.lock:
            self.follow_register()
            rows = self._rows.numbers_of(columns.origins, self._add_row)[columns.origin_of]
            slots, sizes = self._rows.slots_of(rows, columns)
            equipment = self._rows.equipment[rows]
            if columns.retained:  # told again, whenever it was: nobody was heard
                retained = np.fromiter(columns.retained, dtype=np.int64)
                equipment[retained] = NOBODY
                silent = np.zeros(len(columns), dtype=np.bool_)
                silent[retained] = True
                slots[np.repeat(silent, sizes)] = NOBODY
            alone = self._hear_equipment(equipment, columns)
            if self._sentinels:
                self._leave_out_sentinels(slots, columns.values)
            self._hear_series(slots, sizes, columns, alone)
            if columns.texts:
                self._hear_texts(columns)

    def note_refused(self, telemetry: Telemetry, rejection: Rejection) -> None:
        """A message that is refused for its time alone: whoever sent it is heard, and its clock is wrong."""
        with self.lock:
            self.follow_register()
            # No row of its own: whoever is refused chooses the names of its metrics, and nothing bounds them.
            monitored = self._owner(telemetry)
            if monitored is None:
                return
            slot, received_ms = self.slot_of(monitored), telemetry.received_at_ms
            heard = [self.series_of(slot, metric) for metric in telemetry.values]
            self.equipment.heard_ms[slot] = received_ms
            self.series.heard_ms[heard] = received_ms
            self.series.heard_ms[NOBODY] = NEVER_MS
            if rejection.reason == "ahead":
                self.equipment.is_ahead[slot] = True
                self.equipment.ahead[slot] += 1
                self.equipment.ahead_ms[slot] = received_ms
                self.equipment.ahead_by_ms[slot] = telemetry.at_ms - received_ms

    def slot_of(self, monitored: Monitored) -> int:
        """The slot of equipment, a new one if need be; `lock` is held."""
        code = monitored.equipment.code
        slot = self._equipment_by_code.get(code)
        if slot is None:
            slot = self._equipment_by_code[code] = self.equipment.add(monitored)
        self.equipment.monitored[slot] = monitored
        return slot

    def series_of(self, slot: int, metric: str) -> int:
        """The slot of a series of the equipment in `slot`, a new one if need be; `lock` is held."""
        monitored = self.equipment.monitored[slot]
        equipment_type = self._roster.type_of(monitored.equipment) if monitored is not None else None
        if monitored is None or equipment_type is None or metric not in equipment_type.metrics:
            return NOBODY
        name = (monitored.equipment.code, metric)
        number = self._series_by_name.get(name)
        if number is None:
            number = self._series_by_name[name] = self.series.add(*name, slot)
        self._describe(number, equipment_type.metrics[metric], monitored, equipment_type)
        if metric == RUNNING:
            self.equipment.running[slot] = number
        return number

    def _hear_equipment(self, equipment: Integers, columns: TelemetryColumns) -> bool:
        """Note when and how late each was heard; whether none of them comes twice."""
        table, received, at_ms = self.equipment, columns.received_at_ms, columns.at_ms
        table.heard_ms[equipment] = received
        rank = rank_of_each(equipment)
        alone = rank is None
        if columns.without_time:  # dated by ourselves: says nothing of a clock
            dated = np.ones(len(equipment), dtype=np.bool_)
            dated[np.fromiter(columns.without_time, dtype=np.int64)] = False
            equipment, received, at_ms = equipment[dated], received[dated], at_ms[dated]
            rank = None if alone else rank_of_each(equipment)
        lag = received - at_ms
        table.lag_ms[equipment] = lag
        table.is_ahead[equipment] = False
        table.lagged_ms[equipment] = received
        place = table.lag_count[equipment]
        if rank is not None:
            place += rank
        table.lags[equipment, place % LAGS] = lag
        table.lag_count[equipment] = place + 1
        return alone

    def _hear_series(self, slots: Integers, sizes: Integers, columns: TelemetryColumns, alone: bool) -> None:
        table = self.series
        message = np.repeat(self._rows.counting(len(sizes)), sizes)
        values, at_ms = columns.values, columns.at_ms[message]
        table.heard_ms[slots] = columns.received_at_ms[message]
        before_at, before = table.at_ms[slots], table.value[slots]
        if alone:
            newer = at_ms > before_at
            if not newer.all():
                slots, values, at_ms = slots[newer], values[newer], at_ms[newer]
                before_at, before = before_at[newer], before[newer]
        else:
            slots, values, at_ms, before_at, before = newer_than_before(slots, values, at_ms, before_at, before)
        if not len(slots):
            return
        self._judge(slots, values, at_ms, before_at, before)
        gap = np.where(before_at > 0, at_ms - before_at, 0)
        gap_before = table.gap_ms[slots] if alone else one_before(slots, gap, table.gap_ms[slots])
        table.gap_before_ms[slots] = gap_before
        table.gap_ms[slots] = gap
        table.at_ms[slots] = at_ms
        table.value[slots] = values
        if alone:
            table.readings[slots] += 1
        else:
            np.add.at(table.readings, slots, 1)

    def _judge(self, slots: Integers, values: Floats, at_ms: Integers, before_at: Integers, before: Floats) -> None:
        """Out of range, jumped, or still the same: of readings newer than the one before."""
        table = self.series
        low, high = table.low[slots], table.high[slots]
        outside = (values < low) | (values > high)
        if outside.any():
            np.add.at(table.out_of_range, slots[outside], 1)
            self._meter.count("readings_out_of_range", int(outside.sum()))
        step = np.abs(values - before)
        far = step > table.max_step[slots]  # never of a first one: what was before is NaN then
        if far.any():
            where = np.flatnonzero(far & ~outside)
            near = at_ms[where] - before_at[where] <= table.near_ms[slots[where]]
            sane = (before[where] >= low[where]) & (before[where] <= high[where])
            jumped = slots[where[near & sane]]
            if len(jumped):
                np.add.at(table.jumps, jumped, 1)
                self._meter.count("readings_jumped", len(jumped))
        changed = step != 0
        table.unchanged_since_ms[slots[changed]] = at_ms[changed]

    def _leave_out_sentinels(self, slots: Integers, values: Floats) -> None:
        """A code that says "no value" is none."""
        suspect = np.zeros(len(values), dtype=np.bool_)
        for code in self._any_sentinel:
            suspect |= values == code
        for position in np.flatnonzero(suspect).tolist():
            if values[position] in self._sentinels.get(int(slots[position]), ()):
                slots[position] = NOBODY

    def _hear_texts(self, columns: TelemetryColumns) -> None:
        """Members of an enum: heard, and nothing more."""
        for position, texts in columns.texts.items():
            if position in columns.retained:
                continue
            origin = columns.origins[columns.origin_of[position]]
            slot = int(self._rows.equipment[self._rows.number_of(origin, self._add_row)])
            for metric in texts:
                number = self.series_of(slot, metric)  # before the array is taken: it may be exchanged for a longer one
                self.series.heard_ms[number] = columns.received_at_ms[position]
        self.series.heard_ms[NOBODY] = NEVER_MS

    def follow_register(self) -> None:
        """What the register or an interval was changed for is looked up anew, the rest stays; `lock` is held."""
        entries = self._roster.entries
        if entries is self._entries:
            return
        self._entries = entries
        self._rows.forget(lambda origin: self._owner(origin) is not self._monitored_in(origin))
        for code, slot in self._equipment_by_code.items():
            monitored = entries.get(code)
            if monitored is not None and monitored is not self.equipment.monitored[slot]:
                self.equipment.monitored[slot] = monitored
                for number in np.flatnonzero(self.series.equipment[: len(self.series)] == slot).tolist():
                    self.series_of(slot, self.series.names[number][1])

    def _monitored_in(self, origin: Origin) -> Monitored | None:
        return self.equipment.monitored[int(self._rows.equipment[self._rows.known(origin)])]

    def _owner(self, origin: Named) -> Monitored | None:
        """Whose the values are; None where no type says what they mean."""
        own = self._entries.get(origin.equipment)
        if own is None or own.equipment.site != origin.site:
            return None
        # By the register as it was followed, not as it is by now: what has changed is described once it is followed.
        monitored: Monitored | None = own
        while monitored is not None and monitored.equipment.merged_into is not None:
            monitored = self._entries.get(monitored.equipment.merged_into)
        return monitored if monitored is not None and self._roster.type_of(monitored.equipment) is not None else None

    def _add_row(self, origin: Origin) -> tuple[int, list[int]]:
        """The slot of the origin's equipment, and those of its series in the order of the message."""
        monitored = self._owner(origin)
        if monitored is None:
            return NOBODY, [NOBODY] * len(origin.metrics)
        slot = self.slot_of(monitored)
        return slot, [self.series_of(slot, metric) for metric in origin.metrics]

    def _describe(self, number: int, metric: Metric, monitored: Monitored, equipment_type: EquipmentType) -> None:
        table = self.series
        interval = interval_of(metric, monitored) if metric.occurs is None else None
        interval_ms = _in_ms(interval)
        table.interval_ms[number] = interval_ms
        table.patience_ms[number] = _in_ms(no_data_after(metric, monitored)) if interval_ms else 0
        stuck_ms = _in_ms(stuck_after(metric, monitored))
        table.stuck_ms[number] = stuck_ms
        table.near_ms[number] = NEAR_INTERVALS * interval_ms if interval_ms else np.iinfo(np.int64).max
        table.low[number] = -np.inf if metric.minimum is None else metric.minimum
        table.high[number] = np.inf if metric.maximum is None else metric.maximum
        table.max_step[number] = np.inf if metric.max_step is None else metric.max_step
        table.gated[number] = metric.name in self._gated_of(equipment_type)
        moves = not metric.steady or stuck_ms > 0
        table.may_freeze[number] = metric.kind is MetricKind.NUMBER and interval_ms > 0 and moves
        if metric.sentinels and self._sentinels.get(number) != metric.sentinels:
            self._sentinels[number] = metric.sentinels
            self._any_sentinel = tuple(sorted({*self._any_sentinel, *metric.sentinels}))

    def _gated_of(self, equipment_type: EquipmentType) -> frozenset[str]:
        """The metrics that mean something only while it runs: those of gated rules."""
        gated = self._gated.get(equipment_type.name)
        if gated is None:
            gated = frozenset(rule.metric for rule in equipment_type.rules.values() if rule.gated)
            self._gated[equipment_type.name] = gated
        return gated


def _in_ms(span: timedelta | None) -> int:
    return 0 if span is None else round(span.total_seconds() * 1000)
