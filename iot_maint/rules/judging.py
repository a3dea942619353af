"""One message's way through the limits of one piece of equipment: which rules then stand, and what was found."""

from dataclasses import replace

from msgspec.structs import replace as changed

from iot_maint.domain.findings import Finding, FindingKind, RunningKnowledge
from iot_maint.domain.instants import instant
from iot_maint.domain.signals import Sensed
from iot_maint.rules.applicability import ActiveRule
from iot_maint.rules.memories import Memory
from iot_maint.rules.signals.fold import Reading
from iot_maint.rules.state import EquipmentState, Readings, RuleState, Series
from iot_maint.rules.threshold import Step
from iot_maint.rules.watching import Sensor


class Judging:
    """The parts of a state that one message changes, as copies, while it is being judged."""

    __slots__ = ("_code", "_knowledge", "_late", "_raises", "at_ms", "findings", "rules", "signals")

    def __init__(
        self,
        code: str,
        state: EquipmentState,
        at_ms: int,
        late: bool,
        raises: bool,
        knowledge: RunningKnowledge | None,
    ) -> None:
        """`knowledge`: what is known of the running state, None while a gated rule must not look."""
        self.at_ms = at_ms
        self.rules: dict[str, RuleState] = dict(state.rules)
        self.signals: dict[str, Memory] = dict(state.signals)
        self.findings: list[Finding] = []
        self._code = code
        self._late = late
        self._raises = raises
        self._knowledge = knowledge

    def sense(self, sensor: Sensor, before: Series | None, value: float) -> None:
        """Lead a reading through a signal, and its limits over what the signal then says."""
        memory = self.signals.get(sensor.key)
        looks = self._knowledge is not None or not any(rule.gated for rule, _ in sensor.checks)
        counts = looks and sensor.metric_rules.isdisjoint(self.rules)
        memory, sensed = sensor.fold.step(memory, Reading(self.at_ms, value, counts))
        if memory is not None:
            self.signals[sensor.key] = memory
        if sensed is not None:
            for rule, step in sensor.checks:
                self.judge(rule, step, before, value, sensed.value, sensed)

    def judge(
        self,
        rule: ActiveRule,
        step: Step,
        before: Series | None,
        value: float,
        signal: float,
        sensed: Sensed | None = None,
        readings: Readings | None = None,
    ) -> None:
        """One limit over one signal.  `readings`: what to show for it instead of those that led to the crossing."""
        was = self.rules.get(rule.id)
        known = self._knowledge if rule.gated else RunningKnowledge.NOT_GATED
        now, kind = step(was, before, self.at_ms, value, signal, self._late, self._raises, known)
        if kind is FindingKind.RAISED and sensed is not None and now is not None and now.evidence is not None:
            evidence = replace(now.evidence, signal=sensed, readings=readings or now.evidence.readings)
            now = changed(now, evidence=evidence)
        if now is not None:
            self.rules[rule.id] = now
        elif was is not None:
            del self.rules[rule.id]
        if kind is not None:
            shown = readings or ((self.at_ms, value),)
            self.findings.append(self._finding(rule, kind, now or was, shown, sensed))

    def _finding(
        self, rule: ActiveRule, kind: FindingKind, state: RuleState | None, shown: Readings, sensed: Sensed | None
    ) -> Finding:
        if state is None or state.evidence is None:
            raise AssertionError(f"{rule.id} spoke without evidence")
        evidence = state.evidence
        complete_ms = state.complete_ms if kind is FindingKind.RAISED else None
        if kind is FindingKind.CLEARED:
            evidence = replace(evidence, readings=shown, signal=sensed)
        return Finding(
            kind=kind,
            equipment=self._code,
            fault_mode=rule.fault_mode,
            rule=rule.id,
            severity=evidence.severity,
            onset_at=instant(state.onset_ms),
            at=instant(self.at_ms if complete_ms is None else complete_ms),
            evidence=evidence,
            shadow=rule.shadow,
        )
