"""Silences as findings, with who was last heard when as their evidence.  The listener's lock is held."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from iot_maint.domain.catalog import GATEWAY_SILENT, SENSOR_SILENT, BasisKind, Comparison, Severity
from iot_maint.domain.findings import Evidence, Finding, FindingKind, RunningKnowledge, Silence
from iot_maint.domain.instants import instant
from iot_maint.rules.silence_state import EQUIPMENT, GATEWAY, SENSOR, SilenceState
from iot_maint.services.quality.listener import Listener


def missing_sensor(listener: Listener, number: int, due_ms: int) -> Finding:
    """One metric of equipment that reports others."""
    code, metric = listener.series.names[number]
    heard_ms = int(listener.series.heard_ms[number])
    return _missing(listener, code, SENSOR_SILENT, SENSOR + metric, [number], heard_ms, due_ms)


def missing_equipment(listener: Listener, slot: int, due_ms: int) -> Finding:
    """All metrics of one piece of equipment whose gateway reports others."""
    code = _code(listener, slot)
    heard_ms, numbers = int(listener.equipment.heard_ms[slot]), _expected(listener, [slot])
    return _missing(listener, code, SENSOR_SILENT, EQUIPMENT, numbers, heard_ms, due_ms, codes=(code,))


def missing_gateway(listener: Listener, carrier: str, gateway: str, members: Sequence[int], due_ms: int) -> Finding:
    """All equipment behind a gateway, or the one device that is its own; `carrier` takes the order."""
    codes = tuple(sorted(_code(listener, slot) for slot in members))
    heard_ms, numbers = int(listener.equipment.heard_ms[list(members)].max()), _expected(listener, members)
    return _missing(listener, carrier, GATEWAY_SILENT, GATEWAY, numbers, heard_ms, due_ms, codes=codes, gateway=gateway)


def cleared(
    listener: Listener,
    code: str,
    state: SilenceState,
    evidence: Evidence,
    members: Sequence[int],
    now_ms: int,
    *,
    judged: bool,
) -> Finding | None:
    """The end of a standing silence: somebody was heard again, or nobody is missed there any more; else None."""
    fault_mode = next((mode for mode, standing in state.alarms.items() if evidence.rule in standing.rules), None)
    silence = evidence.silence
    if fault_mode is None or silence is None:
        return None
    numbers = _all(listener, members)
    if evidence.rule.startswith(SENSOR):
        numbers = [number for number in numbers if listener.series.names[number] == (code, evidence.metric)]
        judged = judged and bool(numbers)
    heard_ms = max((int(listener.series.heard_ms[number]) for number in numbers), default=0)
    if not evidence.rule.startswith(SENSOR):
        heard_ms = max((int(listener.equipment.heard_ms[slot]) for slot in members), default=0)
    if judged and heard_ms <= silence.heard_at_ms:
        return None
    standing = state.alarms[fault_mode]
    readings = _last_reading(listener, numbers)[1] if judged else evidence.readings
    return Finding(
        kind=FindingKind.CLEARED,
        equipment=code,
        fault_mode=fault_mode,
        rule=evidence.rule,
        severity=evidence.severity,
        onset_at=instant(standing.onset_ms),
        at=instant(max(heard_ms if judged else now_ms, standing.raised_ms)),
        evidence=replace(evidence, readings=readings, silence=replace(silence, heard_at_ms=heard_ms)),
    )


def _missing(
    listener: Listener,
    code: str,
    fault_mode: str,
    rule: str,
    numbers: Sequence[int],
    heard_ms: int,
    due_ms: int,
    *,
    codes: tuple[str, ...] = (),
    gateway: str | None = None,
) -> Finding:
    metric, readings = _last_reading(listener, numbers)
    intervals = sorted(int(listener.series.interval_ms[number]) for number in numbers)
    interval_s = intervals[(len(intervals) - 1) // 2] / 1000
    silence = Silence(
        heard_at_ms=heard_ms,
        silent_s=max(due_ms - heard_ms, 0) / 1000,
        interval_s=interval_s,
        gateway=gateway,
        equipment=codes,
    )
    return Finding(
        kind=FindingKind.RAISED,
        equipment=code,
        fault_mode=fault_mode,
        rule=rule,
        severity=Severity.WARNING,
        onset_at=instant(min(heard_ms, due_ms)),
        at=instant(due_ms),
        evidence=Evidence(
            rule=rule,
            metric=metric,
            comparison=Comparison.ABOVE,
            limit=interval_s,
            clear_limit=interval_s,
            dwell_s=0.0,
            occurrences=1,
            severity=Severity.WARNING,
            basis=BasisKind.ENGINEERING_DEFAULT.value,
            running=RunningKnowledge.NOT_GATED,
            readings=readings,
            silence=silence,
        ),
    )


def _last_reading(listener: Listener, numbers: Sequence[int]) -> tuple[str, tuple[tuple[int, float], ...]]:
    """The metric heard last, and its reading; none where only its time outlived a restart."""
    series = listener.series
    if not numbers:
        return "", ()
    newest = max(numbers, key=lambda number: int(series.heard_ms[number]))
    value = float(series.value[newest])
    readings = () if np.isnan(value) else ((int(series.at_ms[newest]), value),)
    return series.names[newest][1], readings


def _all(listener: Listener, members: Sequence[int]) -> list[int]:
    series = listener.series
    return [int(number) for number in np.flatnonzero(np.isin(series.equipment[: len(series)], members)) if number]


def _expected(listener: Listener, members: Sequence[int]) -> list[int]:
    """The series of these that are expected by the clock, and were heard."""
    series = listener.series
    return [
        number for number in _all(listener, members) if series.interval_ms[number] > 0 and series.heard_ms[number] > 0
    ]


def _code(listener: Listener, slot: int) -> str:
    monitored = listener.equipment.monitored[slot]
    if monitored is None:
        raise AssertionError(f"slot {slot} is nobody's")
    return monitored.equipment.code
