"""The decide path over one batch: rules → alarms → orders, saved at once, and checkpointed every few seconds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from iot_maint.domain.alarms import AlarmEvent
from iot_maint.domain.catalog import UNREGISTERED, EquipmentType
from iot_maint.domain.columns import LastMade, Origin, TelemetryColumns
from iot_maint.domain.equipment import Equipment, EquipmentStatus, Monitored
from iot_maint.domain.findings import Evidence, Finding, FindingKind
from iot_maint.domain.instants import instant
from iot_maint.domain.ports import Clock, Database, Meter, Repositories
from iot_maint.domain.shadow import read_standing_name
from iot_maint.domain.telemetry import Batch, Telemetry
from iot_maint.rules.alarms import transition
from iot_maint.rules.flapping import FLAP_LIMITS, FlapLimits, come_to_rest
from iot_maint.rules.fleet import Fleet, Seating
from iot_maint.rules.program import Program, retire_rules
from iot_maint.rules.state import EquipmentState
from iot_maint.services.ordering import OrderDesk, OrderStep
from iot_maint.services.roster import Roster, Watched
from iot_maint.services.rule_states import RuleStates, own_all
from iot_maint.services.scoring.live_models import NO_MODELS, LiveModels
from iot_maint.services.scoring.scorer import Pass, Scored, Scorer, forget_scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one batch led to: for logs, `replay` and the demo."""

    findings: tuple[Finding, ...] = ()
    events: tuple[AlarmEvent, ...] = ()
    steps: tuple[OrderStep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    """The pure part's result; nothing of it is kept before it is saved."""

    states: Mapping[str, EquipmentState]
    programs: Mapping[str, Program]
    findings: tuple[Finding, ...]
    events: tuple[tuple[AlarmEvent, str], ...]
    unknown: Mapping[str, Telemetry]
    unknown_metrics: Mapping[str, frozenset[str]]


class _Group(NamedTuple):
    """One piece of equipment, and the positions of its telemetry and of what it hears: (position, whose: None: own)."""

    monitored: Monitored
    program: Program
    positions: list[tuple[int, str | None]]


_position = itemgetter(0)


class Monitor:
    """Holds the rule state of all equipment of one worker.

    `handle` either saves everything a batch means or, with `StoreUnavailable`, changes nothing, so that the caller
    may come again with the same batch.  Handling a batch twice is harmless: its readings are out of order then, and
    events have identities.
    """

    def __init__(
        self,
        *,
        database: Database,
        roster: Roster,
        desk: OrderDesk,
        clock: Clock,
        meter: Meter,
        worker: str,
        spool_id: str,
        on_outcome: Callable[[Outcome], None] | None = None,
        owns: Callable[[str], bool] = own_all,
        flap_limits: FlapLimits = FLAP_LIMITS,
        models: LiveModels = NO_MODELS,
        on_scores: Callable[[Sequence[Scored]], None] = forget_scores,
    ) -> None:
        """`owns`: whether a site is this worker's, where several share them.  `on_scores` takes what models said."""
        self._database = database
        self._roster = roster
        self._desk = desk
        self._clock = clock
        self._meter = meter
        self._on_outcome = on_outcome
        self._flap_limits = flap_limits
        # While nothing stands on a piece of equipment its state may be in the fleet, and is older here.
        self._states = RuleStates(database, worker, spool_id, owns, on_loss=self._lose, complete=self._complete)
        self._scorer = Scorer(models, self._modelled, self._recall, round(roster.late_after.total_seconds() * 1000))
        self._on_scores = on_scores
        self._fleet = Fleet(roster.sentinels)
        self._seating = LastMade(self._make_seating)
        self._revision = roster.revision
        self._programs: dict[str, Program] = {}
        self._noted_metrics: dict[str, frozenset[str]] = {}

    def start(self) -> int:
        """Load the checkpoint; the number of the last batch that it covers."""
        self._roster.refresh()
        self._fleet = Fleet(self._roster.sentinels)
        self._seating.forget()
        self._scorer.forget()
        return self._states.start()

    def state_of(self, code: str) -> EquipmentState:
        """The rule state of one piece of equipment."""
        return self._fleet.state_of(code) if self._fleet.is_active(code) else self._states.get(code) or EquipmentState()

    def handle(self, batch: Batch) -> Outcome:
        """Decide and save one batch."""
        telemetry = TelemetryColumns.of(batch.telemetry)
        self._roster.refresh_for(telemetry.origins)
        self._states.look()
        seating = self._seat(telemetry)
        self._scorer.refresh(self._roster.revision)
        scored = self._scorer.examine(telemetry)
        quiet = self._fleet.examine(telemetry, seating, [found.position for found in scored.found])
        loud = np.flatnonzero(~quiet.messages).tolist()
        decided = self._decide([telemetry.take(position) for position in loud], _by_message(scored, loud))
        steps = self._save(decided) if decided.events or decided.unknown or decided.unknown_metrics else ()
        self._scorer.keep(scored)
        self._fleet.apply(quiet)
        self._keep(decided)
        if scored.scored:
            self._on_scores(scored.scored)
        self._meter.count("batches_decided")
        outcome = Outcome(
            findings=decided.findings,
            events=tuple(event for event, _ in decided.events),
            steps=steps,
        )
        if self._on_outcome is not None and (outcome.findings or outcome.events):
            self._on_outcome(outcome)
        return outcome

    def checkpoint(self, number: int) -> None:
        """Save the changed rule states with the last batch that they cover, in one transaction."""
        self._states.keep(self._fleet.states_of(self._fleet.changed()))
        self._states.keep({code: self.state_of(code) for code in self._scorer.changed()})
        self._states.save(number)
        self._fleet.forget_changes()
        self._scorer.forget_changes()

    def _seat(self, telemetry: TelemetryColumns) -> Seating:
        """Places for the batch's equipment; that of which no rule has anything to remember becomes active."""
        if self._revision != self._roster.revision:
            self._revision = self._roster.revision
            self._seating.forget()
            self._fleet.forget_places()
        seating = self._seating.of(telemetry.origins)
        inactive = self._fleet.inactive(telemetry, seating)
        coming = [
            code
            for code in inactive
            if self._programs.get(code) is self._fleet.program_of(code) and not self._roster.compares(code)
        ]
        # Before models score: of a guest whose copy is read anew, what they remember is read anew too.
        guests = [code for code in inactive if self._states.is_guest(code)]
        if met := {*coming, *guests}:
            self._states.meet({code: self._roster.entries[code].equipment.site for code in sorted(met)})
        for code in coming:
            state = self._states.get(code) or EquipmentState()
            # What flaps is over by the time alone, which the fleet does not watch.
            if not state.rules and not _flaps(state) and not self._states.is_guest(code):
                self._fleet.activate(code, state)
        return seating

    def _lose(self, code: str) -> None:
        """Another worker holds its state now."""
        self._fleet.deactivate(code)
        self._scorer.lose(code)

    def _modelled(self, origin: Origin) -> tuple[Monitored, EquipmentType] | None:
        watched = self._roster.watch(origin)
        equipment_type = None if watched is None else self._roster.type_of(watched.monitored.equipment)
        return None if watched is None or equipment_type is None else (watched.monitored, equipment_type)

    def _recall(self, code: str) -> Mapping[str, bytes]:
        """What the models remembered of it at the last checkpoint, wherever that was."""
        self._states.meet({code: self._roster.entries[code].equipment.site})
        state = self._states.get(code)
        return state.models if state is not None else {}

    def _complete(self, code: str, state: EquipmentState) -> EquipmentState:
        """The state as it is saved, with what the models remember."""
        return replace(state, models=self._scorer.memories(code))

    def _make_seating(self, origins: tuple[Origin, ...]) -> Seating:
        return self._fleet.seating(origins, self._seated_code)

    def _seated_code(self, origin: Origin) -> str | None:
        """The code of the equipment, seated; None where no rules are known."""
        watched = self._roster.watch(origin)
        if watched is None or watched.program is None:
            return None
        code = watched.monitored.equipment.code
        if self._fleet.program_of(code) is not watched.program:
            if self._fleet.is_active(code):
                self._states.keep({code: self._fleet.state_of(code)})
            self._fleet.seat(code, watched.program)
        if self._roster.compares(code) and self._fleet.is_active(code):
            self._states.keep({code: self._fleet.state_of(code)})
            self._fleet.deactivate(code)
        return code

    def _decide(self, telemetry: Sequence[Telemetry], by_models: Mapping[int, Sequence[Finding]]) -> _Decided:
        """Equipment by equipment, since each has a state of its own; what is found comes in the order of arrival."""
        states: dict[str, EquipmentState] = {}
        programs: dict[str, Program] = {}
        findings: list[tuple[int, Finding]] = []
        events: list[tuple[int, tuple[AlarmEvent, str]]] = []
        unknown: dict[str, Telemetry] = {}
        metrics: dict[str, frozenset[str]] = {}
        groups = self._group(telemetry, unknown, metrics)
        self._states.meet({code: group.monitored.equipment.site for code, group in groups.items()})
        for code, group in groups.items():
            monitored, program = group.monitored, group.program
            state = self.state_of(code)
            for position, other in group.positions:
                item = telemetry[position]
                if other is not None:
                    state = program.hear(state, other, item)
                    continue
                found: tuple[Finding, ...] = ()
                if self._programs.get(code) is not program and code not in programs and not item.retained:
                    state, found = _retire(state, program, monitored, item)
                    programs[code] = program
                rested: tuple[Finding, ...] = ()
                if _flaps(state) and not item.retained:
                    alarms, rested = come_to_rest(state.alarms, code, item.at_ms, self._flap_limits)
                    state = replace(state, alarms=alarms)
                state, decided = program.decide(state, item)
                # What is let go comes before what the same telemetry leads to.
                for finding in (*found, *rested, *decided, *by_models.get(position, ())):
                    findings.append((position, finding))
                    alarms, event = transition(state.alarms, finding, monitored.equipment.site, self._flap_limits)
                    state = replace(state, alarms=alarms)
                    if event is not None:
                        events.append((position, (event, monitored.equipment.type)))
            states[code] = state
        return _Decided(
            states=states,
            programs=programs,
            findings=tuple(finding for _, finding in sorted(findings, key=_position)),
            events=tuple(event for _, event in sorted(events, key=_position)),
            unknown=unknown,
            unknown_metrics=metrics,
        )

    def _group(
        self, telemetry: Sequence[Telemetry], unknown: dict[str, Telemetry], metrics: dict[str, frozenset[str]]
    ) -> Mapping[str, _Group]:
        """By the equipment's own code, in the order of arrival; what no rule is for goes to `unknown` and `metrics`."""
        watch = self._roster.watch
        groups: dict[str, _Group] = {}
        for position, item in enumerate(telemetry):
            watched = watch(item)
            if watched is None or watched.program is None or not item.values.keys() <= watched.program.metrics:
                if watched is None and item.equipment in self._roster.entries:
                    continue  # of a foreign site: stored as a stranger's, decides nothing
                if watched is None:
                    unknown.setdefault(item.equipment, item)
                self._note_metrics(item, watched, metrics)
                if watched is None or watched.program is None:
                    continue
            code = watched.monitored.equipment.code
            group = groups.get(code)
            if group is None:
                group = groups[code] = _Group(watched.monitored, watched.program, [])
            group.positions.append((position, None))
            for listener in self._roster.listeners_of(code):
                self._let_hear(groups, listener, position, code)
        return groups

    def _let_hear(self, groups: dict[str, _Group], listener: str, position: int, other: str) -> None:
        monitored = self._roster.get(listener)
        program = self._roster.program(monitored) if monitored is not None else None
        if monitored is not None and program is not None:
            group = groups.setdefault(listener, _Group(monitored, program, []))
            group.positions.append((position, other))

    def _note_metrics(self, item: Telemetry, watched: Watched | None, metrics: dict[str, frozenset[str]]) -> None:
        declared = watched.program.metrics if watched is not None and watched.program is not None else frozenset[str]()
        if item.values.keys() <= declared:
            return
        names = item.values.keys() - declared
        code = watched.monitored.equipment.code if watched is not None else item.equipment
        self._meter.count("unknown_metrics", len(names))
        if new := names - self._noted_metrics.get(code, frozenset()):
            metrics[code] = metrics.get(code, frozenset()) | new

    def _save(self, decided: _Decided) -> tuple[OrderStep, ...]:
        steps: list[OrderStep] = []
        now = self._clock.now()
        with self._database.transaction() as repositories:
            for item in decided.unknown.values():
                repositories.equipment.add(_unregistered(item, now))
            for code, metrics in decided.unknown_metrics.items():
                repositories.equipment.note_unknown_metrics(code, sorted(metrics), now)
            for event, equipment_type in decided.events:
                step = self._save_event(repositories, event, equipment_type)
                if step is not None:
                    steps.append(step)
        return tuple(steps)

    def _save_event(self, repositories: Repositories, event: AlarmEvent, equipment_type: str) -> OrderStep | None:
        step = self._desk.save(repositories, event, equipment_type)
        self._meter.count("alarm_events", kind=event.kind.value)
        if step is not None and step.event == "opened":
            self._meter.count("orders_opened")
        return step

    def _keep(self, decided: _Decided) -> None:
        for code in decided.states:
            self._fleet.deactivate(code)
        self._states.keep(decided.states)
        self._programs.update(decided.programs)
        for code, metrics in decided.unknown_metrics.items():
            self._noted_metrics[code] = self._noted_metrics.get(code, frozenset()) | metrics
        for finding in decided.findings:
            self._meter.count("shadow_findings" if finding.shadow else "findings", kind=finding.kind.value)


def _flaps(state: EquipmentState) -> bool:
    return any(standing.flaps is not None for standing in state.alarms.values())


def _by_message(scored: Pass, positions: Sequence[int]) -> Mapping[int, Sequence[Finding]]:
    """What models found, by the place of the message among those at these positions."""
    place = {position: index for index, position in enumerate(positions)}
    found: dict[int, list[Finding]] = {}
    for one in scored.found:
        found.setdefault(place[one.position], []).append(one.finding)
    return found


def _retire(
    state: EquipmentState, program: Program, monitored: Monitored, item: Telemetry
) -> tuple[EquipmentState, tuple[Finding, ...]]:
    """Rules that no longer run (switched off, parameter gone) let go of what they held up."""
    state, evidence = retire_rules(state, program)
    return state, tuple(_retired(one, monitored.equipment.code, state, item.at_ms) for one in evidence)


def _retired(evidence: Evidence, code: str, state: EquipmentState, at_ms: int) -> Finding:
    raised = next((name, standing) for name, standing in state.alarms.items() if evidence.rule in standing.rules)
    fault_mode, shadow, _ = read_standing_name(raised[0])
    return Finding(
        kind=FindingKind.CLEARED,
        equipment=code,
        fault_mode=fault_mode,
        rule=evidence.rule,
        severity=evidence.severity,
        onset_at=instant(raised[1].onset_ms),
        at=instant(max(at_ms, raised[1].raised_ms)),  # a reading out of order may be older than the alarm
        evidence=evidence,
        shadow=shadow,
    )


def _unregistered(item: Telemetry, now: datetime) -> Equipment:
    return Equipment(
        code=item.equipment,
        name=item.equipment,
        type=UNREGISTERED,
        site=item.site,
        status=EquipmentStatus.UNREGISTERED,
        first_seen_at=now,
    )
