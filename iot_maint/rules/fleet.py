"""The memory of equipment on which nothing stands, in arrays over the series of all of it.

Nearly always no value crosses a limit and no rule has one crossed; then telemetry only makes memory grow, and that is
done for a whole batch in a few steps.  Equipment of which a message needs more is decided message by message, and
comes back when nothing stands any longer; either way it comes to the same state.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.catalog import RUNNING
from iot_maint.domain.columns import Floats, Integers, Origin, TelemetryColumns
from iot_maint.rules.memories import Memory
from iot_maint.rules.program import Program
from iot_maint.rules.quiet import Calm, QuietBand
from iot_maint.rules.series_rows import NEVER_MS, SeriesRows
from iot_maint.rules.state import RECENT, EquipmentState, Running, Standing

_SMALLEST = 5e-324  # whatever is more runs
_ROOM = 256

Booleans = NDArray[np.bool_]


class _Member:
    """One piece of equipment: its rows by metric, one more for the running state, and what no row holds."""

    __slots__ = ("alarms", "counted", "number", "program", "rows", "running", "signals", "started_ms")

    def __init__(self, number: int, program: Program, rows: Mapping[str, int], running: int) -> None:
        self.number = number
        self.program = program
        self.rows = rows
        self.running = running
        self.started_ms: int | None = None
        self.alarms: Mapping[str, Standing] = {}
        self.signals: Mapping[str, Memory] = {}
        self.counted: Mapping[str, int] = {}  # by metric: readings that `signals` know of


class _Place(NamedTuple):
    """One origin's part of a seating."""

    member: int
    has_unknown: bool
    offsets: tuple[int, ...]
    rows: tuple[int, ...]


_NOWHERE = _Place(-1, False, (), ())


class Seating(NamedTuple):
    """Origins' places: the member of each (−1: none), whether it has metrics that no rule knows, and which of a
    message's values go into which rows."""

    member_of: Integers
    has_unknown: Booleans
    pair_start: Integers
    pair_count: Integers
    offsets: Integers
    rows: Integers


class Quiet(NamedTuple):
    """What of a batch only makes memory grow: `messages` marks them, the rest is by reading, sorted by row if any row
    stands twice (`starts` then is where each row's readings begin)."""

    messages: Booleans
    rows: Integers
    at_ms: Integers
    values: Floats
    before_ms: Integers
    members: Integers
    starts: Integers | None


class Fleet:
    """All equipment that was ever seated.  Only `active` equipment has its state here."""

    def __init__(self, sentinels: frozenset[float]) -> None:
        """`sentinels`: numbers that may stand for "no value"; a message with one is never quiet."""
        self._sentinels: Floats = np.array(sorted(sentinels), dtype=np.float64)
        self._rows = SeriesRows()
        self._members: dict[str, _Member] = {}
        self._codes: list[str] = []
        self._places: dict[Origin, _Place] = {}
        self._active: Booleans = np.zeros(1, dtype=np.bool_)
        self._changed: Booleans = np.zeros(1, dtype=np.bool_)
        self._until_ms: Integers = np.zeros(1, dtype=np.int64)  # from then on any message needs a closer look

    def is_active(self, code: str) -> bool:
        """Whether the equipment's state is here."""
        member = self._members.get(code)
        return member is not None and bool(self._active[member.number])

    def program_of(self, code: str) -> Program | None:
        """The rules with which it was seated."""
        member = self._members.get(code)
        return member.program if member is not None else None

    def seat(self, code: str, program: Program) -> None:
        """Give it rows for these rules; it is inactive then."""
        old = self._members.get(code)
        if old is not None:
            self._active[old.number] = False
            for row in (*old.rows.values(), old.running):
                self._rows.give_back(row)
            number = old.number
        else:
            number = len(self._codes)
            self._codes.append(code)
            if number + 1 >= len(self._active):  # one more: an index of −1 means nobody
                self._active = np.concatenate([self._active, np.zeros(number + _ROOM, dtype=np.bool_)])
                self._changed = np.concatenate([self._changed, np.zeros(number + _ROOM, dtype=np.bool_)])
                self._until_ms = np.concatenate([self._until_ms, np.zeros(number + _ROOM, dtype=np.int64)])
        rows = {watch.metric: self._rows.take() for watch in program.watches}
        self._members[code] = _Member(number, program, rows, self._rows.take())

    def activate(self, code: str, state: EquipmentState) -> None:
        """Take over the state of seated equipment, of which no rule has anything to remember."""
        member, rows = self._members[code], self._rows
        rest = member.program.rest(state)
        self._until_ms[member.number] = rest.until_ms
        for watch in member.program.watches:
            row = member.rows[watch.metric]
            rows.write(row, rest.calm[watch.metric], watch.slow_after_ms)
            if (series := state.series.get(watch.metric)) is not None:
                rows.remember(row, series)
        running = state.running
        rows.write(member.running, Calm(_running_band(running)), None)
        member.started_ms = None
        if running is not None:
            rows.last_ms[member.running] = running.at_ms
            member.started_ms = running.started_ms
        member.alarms = state.alarms
        member.signals = state.signals
        absorbing = member.program.absorbing
        member.counted = {metric: int(rows.count[member.rows[metric]]) for metric in absorbing}
        self._active[member.number] = True

    def deactivate(self, code: str) -> None:
        """Its state is elsewhere from here on."""
        if (member := self._members.get(code)) is not None:
            self._active[member.number] = False

    def state_of(self, code: str) -> EquipmentState:
        """The state of active equipment."""
        return self.states_of([code])[code]

    def states_of(self, codes: Sequence[str]) -> dict[str, EquipmentState]:
        """The states of active equipment, by code."""
        rows, members = self._rows, [self._members[code] for code in codes]
        running = [member.running for member in members]
        runs, heard = (rows.highest[running] > 0).tolist(), rows.last_ms[running].tolist()
        all_rows = np.array([row for member in members for row in member.rows.values()], dtype=np.int64)
        begun = rows.count[all_rows] > 0
        has_begun, all_series = iter(begun.tolist()), rows.series(all_rows[begun])
        states = {}
        for code, member, on, at_ms in zip(codes, members, runs, heard, strict=True):
            series = {metric: next(all_series) for metric in member.rows if next(has_begun)}
            known = Running(on, at_ms, member.started_ms) if at_ms != NEVER_MS else None
            states[code] = EquipmentState(known, series, {}, member.alarms, self._signals_of(member))
        return states

    def _signals_of(self, member: _Member) -> Mapping[str, Memory]:
        """What its signals remember, with the readings since."""
        if not member.counted:
            return member.signals
        signals = dict(member.signals)
        for metric, counted in member.counted.items():
            readings = int(self._rows.count[member.rows[metric]]) - counted
            for key, absorb in member.program.absorbing[metric] if readings else ():
                signals[key] = absorb(signals[key], readings)
        return signals

    def changed(self) -> list[str]:
        """Active equipment whose memory has grown since `forget_changes`."""
        return [self._codes[number] for number in np.flatnonzero(self._changed & self._active).tolist()]

    def forget_changes(self) -> None:
        """All of it is saved."""
        self._changed[:] = False

    def forget_places(self) -> None:
        """The register has changed: `code_of` may say something else now."""
        self._places.clear()

    def seating(self, origins: Sequence[Origin], code_of: Callable[[Origin], str | None]) -> Seating:
        """Where the values of these origins go; `code_of` names their equipment, seated, or None where no rules are
        known; it is asked once for each origin that it knows."""
        places = []
        for origin in origins:
            place = self._places.get(origin)
            if place is None:
                code = code_of(origin)
                place = _NOWHERE if code is None else self._place(origin, self._members[code])
                if code is not None:
                    self._places[origin] = place
            places.append(place)
        pair_count = np.array([len(place.rows) for place in places], dtype=np.int64)
        return Seating(
            np.array([place.member for place in places], dtype=np.int64),
            np.array([place.has_unknown for place in places], dtype=np.bool_),
            np.cumsum(pair_count) - pair_count,
            pair_count,
            np.array([offset for place in places for offset in place.offsets], dtype=np.int64),
            np.array([row for place in places for row in place.rows], dtype=np.int64),
        )

    def _place(self, origin: Origin, member: _Member) -> _Place:
        if not member.program.metrics.issuperset(origin.metrics):
            return _Place(member.number, True, (), ())
        offsets: list[int] = []
        rows: list[int] = []
        for offset, metric in enumerate(origin.metrics):
            row = member.rows.get(metric)
            found = [row] if row is not None else []
            if metric == RUNNING:
                found.append(member.running)
            rows += found
            offsets += [offset] * len(found)
        return _Place(member.number, False, tuple(offsets), tuple(rows))

    def inactive(self, telemetry: TelemetryColumns, seating: Seating) -> list[str]:
        """Seated equipment that the messages speak of and whose state is elsewhere."""
        members = np.unique(seating.member_of[telemetry.origin_of])
        return [self._codes[number] for number in members.tolist() if number >= 0 and not self._active[number]]

    def examine(self, telemetry: TelemetryColumns, seating: Seating, wanted: Sequence[int] = ()) -> Quiet:
        """What of the batch is quiet; changes nothing.

        Of one piece of equipment all messages are quiet or none; none where one of the `wanted` ones is its.  Retained
        messages of quiet equipment count as quiet: they say nothing.
        """
        origin_of, rows = telemetry.origin_of, self._rows
        members = seating.member_of[origin_of]
        seated = self._active[members]
        heard = seated.copy()
        heard[sorted(telemetry.retained)] = False
        counts = np.where(heard, seating.pair_count[origin_of], 0)
        message = np.repeat(np.arange(len(telemetry)), counts)
        within = np.arange(len(message)) - np.repeat(np.cumsum(counts) - counts, counts)
        pair = seating.pair_start[origin_of[message]] + within
        row = seating.rows[pair]
        value = telemetry.values[telemetry.starts[message] + seating.offsets[pair]]
        at_ms = telemetry.at_ms[message]
        member = members[message]
        starts = None
        reading = np.arange(len(row))
        rows.mark[row] = reading
        if (rows.mark[row] != reading).any():  # some row stands twice, and was marked again
            order = np.argsort(row, kind="stable")
            row, value, at_ms, member = row[order], value[order], at_ms[order], member[order]
            starts = np.flatnonzero(np.concatenate([[True], row[1:] != row[:-1]]))
        before_ms = rows.last_ms[row] if starts is None else np.concatenate([[0], at_ms[:-1]])
        if starts is not None:
            before_ms[starts] = rows.last_ms[row[starts]]
        quiet = (value >= rows.lowest[row]) & (value <= rows.highest[row]) & (value != rows.never[row])
        quiet &= (at_ms > before_ms) & (at_ms < rows.until_ms[row])
        loud = np.zeros(len(self._active), dtype=np.bool_)
        loud[member[~quiet]] = True
        loud[members[seating.has_unknown[origin_of]]] = True
        loud[members[heard & (telemetry.at_ms >= self._until_ms[members])]] = True
        odd = [*wanted, *telemetry.texts, *telemetry.messages_with(self._sentinels).tolist()]
        loud[members[odd]] = True
        kept = ~loud[member]
        if starts is not None:  # all readings of a row are kept, or none
            starts = (np.cumsum(kept) - kept)[starts[kept[starts]]]
        return Quiet(
            seated & ~loud[members], row[kept], at_ms[kept], value[kept], before_ms[kept], member[kept], starts
        )

    def apply(self, quiet: Quiet) -> None:
        """Let memory grow by what was found quiet, and nothing else happened since."""
        if not len(quiet.rows):
            return
        rows, row, at_ms = self._rows, quiet.rows, quiet.at_ms
        slow = (quiet.before_ms != NEVER_MS) & (at_ms - quiet.before_ms > rows.slow_after_ms[row])
        if quiet.starts is None:
            place = rows.count[row] % RECENT
            rows.recent_at[row, place], rows.recent[row, place] = at_ms, quiet.values
            rows.slow_gaps[row] = np.where(slow, rows.slow_gaps[row] + 1, 0)
            rows.count[row] += 1
            rows.last_ms[row] = at_ms
        else:
            self._apply_groups(quiet, slow, quiet.starts)
        self._changed[quiet.members] = True

    def _apply_groups(self, quiet: Quiet, slow: Booleans, starts: Integers) -> None:
        rows, row, at_ms = self._rows, quiet.rows, quiet.at_ms
        ends = np.concatenate([starts[1:], [len(row)]])
        lengths = ends - starts
        index = np.arange(len(row))
        within = index - np.repeat(starts, lengths)
        newest = within >= np.repeat(lengths, lengths) - RECENT
        kept = row[newest]
        place = (rows.count[kept] + within[newest]) % RECENT
        rows.recent_at[kept, place], rows.recent[kept, place] = at_ms[newest], quiet.values[newest]
        last_quick = np.maximum.reduceat(np.where(slow, -1, index), starts)
        group = row[starts]
        rows.slow_gaps[group] = np.where(last_quick < 0, rows.slow_gaps[group] + lengths, ends - 1 - last_quick)
        rows.count[group] += lengths
        rows.last_ms[group] = at_ms[ends - 1]


def _running_band(running: Running | None) -> QuietBand:
    """Readings that say what is known already."""
    if running is None:
        return QuietBand(np.inf, -np.inf, np.nan)
    return QuietBand(_SMALLEST, np.inf, np.nan) if running.on else QuietBand(0.0, 0.0, np.nan)
