"""Silences by the service's clock: who was not heard for too long becomes an alarm and an order, once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import numpy as np

from iot_maint.domain.alarms import AlarmEvent
from iot_maint.domain.equipment import Equipment, EquipmentStatus, Monitored
from iot_maint.domain.findings import Finding, FindingKind
from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.domain.ports import Database, Meter, PlatformAlarms
from iot_maint.rules.alarms import transition
from iot_maint.rules.silence import Hearing, Silent, judge
from iot_maint.rules.silence_state import EQUIPMENT, GATEWAY, SENSOR, SilenceState, decode_silence, encode_silence
from iot_maint.services.ordering import OrderDesk, OrderStep
from iot_maint.services.quality.listener import Listener
from iot_maint.services.quality.silence_findings import cleared, missing_equipment, missing_gateway, missing_sensor
from iot_maint.services.quality.slots import NOBODY, Flags
from iot_maint.services.roster import Roster

MAX_FINDINGS = 200  # in one transaction; the rest follows with the next
_SAVE_HEARD_EVERY = 12  # ticks: what was heard in between is in the batches that are decided again

OnSilence = Callable[[Sequence[AlarmEvent], Sequence[OrderStep]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a series may be unheard: `factor` intervals, but not less than `at_least`."""

    factor: float
    at_least: timedelta


@dataclass(slots=True, kw_only=True)
class _Places:
    """Where the equipment in the listener's slots stands, as of one register."""

    gateways: dict[str, int]
    gateway_of: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    in_service: Flags

    def members(self, gateway: int) -> list[int]:
        """The slots of a gateway's equipment."""
        return [int(slot) for slot in np.flatnonzero(self.gateway_of == gateway) if slot != NOBODY]


class SilenceWatch:
    """Judges at each tick, and either saves all that follows or, with `StoreUnavailable`, keeps nothing of it."""

    def __init__(
        self,
        *,
        listener: Listener,
        database: Database,
        roster: Roster,
        desk: OrderDesk,
        meter: Meter,
        platform: PlatformAlarms,
        worker: str,
        patience: Patience,
        responsible: Callable[[Equipment], bool] = lambda _equipment: True,
        on_silence: OnSilence | None = None,
    ) -> None:
        """`responsible`: whether this worker is the one to hear that equipment."""
        self._listener = listener
        self._database = database
        self._roster = roster
        self._desk = desk
        self._meter = meter
        self._platform = platform
        self._worker = worker
        self._patience = patience
        self._responsible = responsible
        self._on_silence = on_silence
        self._states: dict[str, SilenceState] = {}
        self._looked_up: set[str] = set()
        self._gateway_from: dict[str, int] = {}
        self._saved_series = 1
        self._held_ms = 0
        self._placed: tuple[Mapping[str, Monitored], int, _Places] | None = None
        self._ticks = 0
        self._started_ms: int | None = None

    def tick(self, now_ms: int, *, deaf: bool = False) -> tuple[AlarmEvent, ...]:
        """Judge at that instant, up to which all that came in was listened to; what happened.

        `deaf`: nobody could have been heard lately, so that silence counts from now on.
        """
        self._roster.refresh_if_due()
        self._load(now_ms)
        with self._listener.lock:
            self._listener.follow_register()
            places = self._place()
            if deaf:
                self._count_from_now(now_ms, places)
                silent = None
            else:
                hearing = self._hear(now_ms, places)
                silent = judge(hearing, now_ms)
            findings = self._find(silent, places, now_ms)
        states, events = self._follow(findings)
        self._ticks += 1
        steps = self._save(states, events)
        self._report(silent, now_ms)
        if events and self._on_silence is not None:
            self._on_silence([event for event, _ in events], steps)
        return tuple(event for event, _ in events)

    def save(self) -> None:
        """Keep when everybody was last heard: the service stops."""
        self._ticks = 0
        self._save({}, ())

    def standing(self) -> Mapping[str, SilenceState]:
        """By equipment, where a silence stands; from any thread."""
        return {code: state for code, state in tuple(self._states.items()) if state.evidence}

    def _load(self, now_ms: int) -> None:
        """What is known of equipment from before: at first all that this worker heard, then of who is heard newly."""
        listener = self._listener
        if self._started_ms is None:
            with self._database.reading() as repositories:
                stored = repositories.silences.load(self._worker)
            self._remember(stored, now_ms)
            self._started_ms = now_ms
        with listener.lock:
            known = [one.equipment.code for one in listener.equipment.monitored if one is not None]
        ours = set(self._ours(known))
        # What stands at a site that another worker has now is for that one to say, and may change there.
        for code in self._looked_up.difference(ours).intersection(known):
            self._looked_up.discard(code)
            self._states.pop(code, None)
        fresh = [code for code in known if code in ours and code not in self._looked_up]
        if fresh:
            with self._database.reading() as repositories:
                stored = repositories.silences.load_of(fresh)
            self._remember(stored, now_ms)
            self._looked_up.update(fresh)

    def _ours(self, codes: Iterable[str]) -> Iterator[str]:
        """Those that this worker is the one to hear; it is asked once a site."""
        by_site: dict[str, bool] = {}
        for code in codes:
            entry = self._roster.entries.get(code)
            if entry is None:
                continue
            site = entry.equipment.site
            if site not in by_site:
                by_site[site] = self._responsible(entry.equipment)
            if by_site[site]:
                yield code

    def _remember(self, stored: Mapping[str, bytes], now_ms: int) -> None:
        states = {code: decode_silence(state) for code, state in stored.items()}
        with self._listener.lock:
            for code, state in states.items():
                self._remember_one(code, state, now_ms)

    def _remember_one(self, code: str, state: SilenceState, now_ms: int) -> None:
        monitored = self._roster.entries.get(code)
        if monitored is None or not self._responsible(monitored.equipment):
            return
        self._looked_up.add(code)
        self._states[code] = state
        if self._roster.type_of(monitored.equipment) is None:
            return
        slot = self._listener.slot_of(monitored)
        equipment, series = self._listener.equipment, self._listener.series
        for metric, (heard_ms, gap_ms) in state.heard.items():
            number = self._listener.series_of(slot, metric)
            if number == NOBODY:
                continue
            series.heard_ms[number] = max(int(series.heard_ms[number]), heard_ms)
            series.counts_from_ms[number] = now_ms
            if series.gap_before_ms[number] == 0:
                series.gap_ms[number] = series.gap_before_ms[number] = gap_ms
            equipment.heard_ms[slot] = max(int(equipment.heard_ms[slot]), heard_ms)
        equipment.counts_from_ms[slot] = now_ms
        self._gateway_from[monitored.equipment.gateway or code] = now_ms

    def _place(self) -> _Places:
        """Worked out anew where the register has changed, or somebody was heard for the first time."""
        monitored = self._listener.equipment.monitored
        entries = self._roster.entries
        if self._placed is not None and self._placed[0] is entries and self._placed[1] == len(monitored):
            return self._placed[2]
        gateways: dict[str, int] = {"": NOBODY}
        gateway_of = np.zeros(len(monitored), dtype=np.int64)
        in_service = np.zeros(len(monitored), dtype=np.bool_)
        for slot, one in enumerate(monitored):
            if one is None:
                continue
            equipment = one.equipment
            gateway_of[slot] = gateways.setdefault(equipment.gateway or equipment.code, len(gateways))
            in_service[slot] = (
                equipment.status is EquipmentStatus.IN_SERVICE
                and equipment.merged_into is None
                and self._roster.type_of(equipment) is not None
                and self._responsible(equipment)
            )
        places = _Places(gateways=gateways, gateway_of=gateway_of, in_service=in_service)
        self._placed = (entries, len(monitored), places)
        return places

    def _count_from_now(self, now_ms: int, places: _Places) -> None:
        """Nothing that was not heard until now is anybody's silence; nor was it heard in a future of another clock."""
        for slots in (self._listener.series, self._listener.equipment):
            slots.counts_from_ms[:] = now_ms
            np.minimum(slots.heard_ms, now_ms, out=slots.heard_ms)
        self._gateway_from = dict.fromkeys(places.gateways, now_ms)

    def _hear(self, now_ms: int, places: _Places) -> Hearing:
        series, equipment = self._listener.series, self._listener.equipment
        many, pieces = len(series), len(equipment)
        owner = series.equipment[:many]
        stands = series.value[equipment.running[:pieces]] == 0  # without one, the value is nobody's: never 0
        standing = {state.gateway for state in self._states.values() if state.gateway is not None}
        gateway_standing = np.array([name in standing for name in places.gateways], dtype=np.bool_)
        unheard = np.zeros(pieces, dtype=np.bool_)
        for code in self.standing():
            if EQUIPMENT in self._states[code].evidence and code in self._roster.entries:
                slot = self._listener.slot_of(self._roster.entries[code])
                if slot < pieces:  # one that has just got its slot is judged the next time
                    unheard[slot] = True
        excused_equipment = ~places.in_service | gateway_standing[places.gateway_of]
        excused = (excused_equipment | unheard)[owner] | (series.gated[:many] & stands[owner])
        equipment.counts_from_ms[:pieces][excused_equipment] = now_ms
        series.counts_from_ms[:many][excused] = now_ms
        interval, gap = series.interval_ms[:many], series.usual_gap_ms()
        at_least_ms = round(self._patience.at_least.total_seconds() * 1000)
        # A device may send more slowly than its type says; what came but once or twice has no habit yet.
        expected = (interval > 0) & (gap > 0)
        own = series.patience_ms[:many]  # a rule of the metric or the equipment says after what time it is missed
        expected |= (own > 0) & (series.heard_ms[:many] > 0)
        interval = np.maximum(interval, gap)
        usual = np.maximum((interval * self._patience.factor).astype(np.int64), at_least_ms)
        return Hearing(
            series_heard=series.heard_ms[:many],
            series_from=series.counts_from_ms[:many],
            patience=np.where(own > 0, np.maximum(own, at_least_ms), usual),
            # A silent parent is still judged by its children, which are excused by nothing but it.
            missed=expected & places.in_service[owner] & ~(series.gated[:many] & stands[owner]),
            equipment_of=owner,
            equipment_heard=equipment.heard_ms[:pieces],
            equipment_from=equipment.counts_from_ms[:pieces],
            gateway_of=places.gateway_of,
            gateway_from=np.array([self._gateway_from.get(name, 0) for name in places.gateways], dtype=np.int64),
            gateway_standing=gateway_standing,
            held_ms=self._held_ms,
        )

    def _find(self, silent: Silent | None, places: _Places, now_ms: int) -> list[Finding]:
        findings = list(self._cleared(places, now_ms))
        if silent is not None:
            findings += self._raised(silent, places)
        return findings[:MAX_FINDINGS]

    def _cleared(self, places: _Places, now_ms: int) -> Iterable[Finding]:
        for code, state in self.standing().items():
            monitored = self._roster.entries.get(code)
            if monitored is None or self._roster.type_of(monitored.equipment) is None:
                continue
            slot = self._listener.slot_of(monitored)
            gone = monitored.equipment.merged_into is not None or (
                monitored.equipment.status is EquipmentStatus.RETIRED
            )
            for rule, evidence in state.evidence.items():
                members = [slot]
                if rule == GATEWAY:
                    members = places.members(places.gateways.get(state.gateway or "", NOBODY))
                found = cleared(
                    self._listener, code, state, evidence, members, now_ms, judged=bool(members) and not gone
                )
                if found is not None:
                    yield found

    def _raised(self, silent: Silent, places: _Places) -> Iterable[Finding]:
        names = list(places.gateways)
        standing = {state.gateway for state in self._states.values()}
        listener = self._listener
        for row in np.flatnonzero(silent.gateways).tolist():
            if names[row] in standing:
                continue
            members = [slot for slot in places.members(row) if places.in_service[slot]]
            carrier = self._carrier(names[row], members)
            if GATEWAY not in self._state(carrier).evidence:
                yield missing_gateway(listener, carrier, names[row], members, int(silent.gateway_due[row]))
        for slot in np.flatnonzero(silent.equipment).tolist():
            monitored = listener.equipment.monitored[slot]
            if monitored is not None and EQUIPMENT not in self._state(monitored.equipment.code).evidence:
                yield missing_equipment(listener, slot, int(silent.equipment_due[slot]))
        for number in np.flatnonzero(silent.series).tolist():
            code, metric = listener.series.names[number]
            if SENSOR + metric not in self._state(code).evidence:
                yield missing_sensor(listener, number, int(silent.series_due[number]))

    def _carrier(self, gateway: str, members: Sequence[int]) -> str:
        """Whose order a gateway's silence is: its own where the register knows it, else the first of its equipment."""
        own = self._roster.get(gateway)
        if own is not None and self._roster.type_of(own.equipment) is not None:
            return own.equipment.code
        return min(self._code(slot) for slot in members)

    def _code(self, slot: int) -> str:
        monitored = self._listener.equipment.monitored[slot]
        if monitored is None:
            raise AssertionError(f"slot {slot} is nobody's")
        return monitored.equipment.code

    def _state(self, code: str) -> SilenceState:
        return self._states.get(code) or SilenceState()

    def _follow(self, findings: Iterable[Finding]) -> tuple[dict[str, SilenceState], list[tuple[AlarmEvent, str]]]:
        states: dict[str, SilenceState] = {}
        events: list[tuple[AlarmEvent, str]] = []
        for finding in findings:
            code, rule = finding.equipment, finding.rule
            equipment = self._roster.entries[code].equipment
            state = states.get(code) or self._state(code)
            alarms, event = transition(state.alarms, finding, equipment.site)
            evidence = {name: one for name, one in state.evidence.items() if name != rule}
            gateway = state.gateway if rule != GATEWAY else None
            if finding.kind is FindingKind.RAISED:
                evidence[rule] = finding.evidence
                silence = finding.evidence.silence
                gateway = silence.gateway if rule == GATEWAY and silence is not None else gateway
            states[code] = msgspec.structs.replace(state, alarms=alarms, evidence=evidence, gateway=gateway)
            if event is not None:
                events.append((event, equipment.type))
        return states, events

    def _save(self, states: dict[str, SilenceState], events: Sequence[tuple[AlarmEvent, str]]) -> list[OrderStep]:
        with self._listener.lock:
            series = self._listener.series
            known, times, gaps = len(series), series.heard_ms[: len(series)].tolist(), series.usual_gap_ms().tolist()
        names = series.names[:known]  # only grows
        wanted = None if self._ticks % _SAVE_HEARD_EVERY == 0 else {code for code, _ in names[self._saved_series :]}
        heard = self._heard(zip(names, times, gaps, strict=True), None if wanted is None else wanted | states.keys())
        for code, metrics in heard.items():
            state = states.get(code) or self._state(code)
            if metrics != state.heard:
                states[code] = msgspec.structs.replace(state, heard=metrics)
        if not states:
            self._saved_series = known
            return []
        steps: list[OrderStep] = []
        with self._database.transaction() as repositories:
            for event, equipment_type in events:
                step = self._desk.save(repositories, event, equipment_type)
                if step is not None:
                    steps.append(step)
            repositories.silences.save(self._worker, {code: encode_silence(state) for code, state in states.items()})
        self._saved_series = known
        self._states.update(states)
        for event, _ in events:
            self._meter.count("alarm_events", kind=event.kind.value)
        self._meter.count("orders_opened", sum(step.event == "opened" for step in steps))
        return steps

    def _heard(
        self, series: Iterable[tuple[tuple[str, str], int, int]], codes: Set[str] | None
    ) -> dict[str, dict[str, tuple[int, int]]]:
        """When each metric was last heard and its usual gap, of the equipment of these codes, or (None) of all."""
        heard: dict[str, dict[str, tuple[int, int]]] = {}
        if codes is not None and not codes:
            return heard
        for (code, metric), heard_ms, gap_ms in series:
            # Of whom it is not known yet what stands there, nothing may be written over.
            if heard_ms > 0 and code in self._looked_up and (codes is None or code in codes):
                heard.setdefault(code, {})[metric] = (heard_ms, gap_ms)
        return heard

    def _report(self, silent: Silent | None, now_ms: int) -> None:
        standing = self.standing().values()
        sensors = sum(rule.startswith(SENSOR) for state in standing for rule in state.evidence)
        self._meter.set("silent_sensors", sensors)
        self._meter.set("silent_equipment", sum(EQUIPMENT in state.evidence for state in standing))
        self._meter.set("silent_gateways", sum(GATEWAY in state.evidence for state in standing))
        if silent is None:
            return
        if silent.nothing_heard is None:
            self._platform.clear(PlatformAlarmKind.NOTHING_HEARD)
            return
        self._held_ms = now_ms
        quiet, known = silent.nothing_heard
        self._platform.raise_alarm(
            PlatformAlarmKind.NOTHING_HEARD,
            f"{quiet} of {known} gateways fell silent together; the broker, its network or its credentials?",
        )
