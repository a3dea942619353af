"""From findings to alarms: raised by the first contributing rule, cleared with the last, as bad as the worst."""

from collections.abc import Mapping

from msgspec.structs import replace

from iot_maint.domain.alarms import AlarmEvent, AlarmEventKind, AlarmKey, Flapping
from iot_maint.domain.catalog import Severity
from iot_maint.domain.findings import Finding, FindingKind
from iot_maint.domain.instants import epoch_ms, instant
from iot_maint.domain.shadow import standing_name
from iot_maint.rules.flapping import FlapLimits, flaps_by_now, flip, lately, remember
from iot_maint.rules.state import Flaps, Standing


def transition(
    alarms: Mapping[str, Standing], finding: Finding, site: str, limits: FlapLimits | None = None
) -> tuple[Mapping[str, Standing], AlarmEvent | None]:
    """Standing alarms by fault mode and one finding → the alarms after it, and what happened (None: nothing).

    Those of sources in shadow stand beside the real ones, under names of their own.  `limits` None: this alarm
    cannot flap, and one that does is let go like any other.
    """
    name = standing_name(finding.fault_mode, finding.shadow, finding.model)
    known = alarms.get(name)
    standing = known if known is not None and known.rules else None
    after: Standing | None
    if finding.kind is FindingKind.CLEARED and (standing is None or finding.rule not in standing.rules):
        return alarms, None
    if standing is not None and standing.flaps is not None and _only_flips(standing, standing.flaps, finding, limits):
        return {**alarms, name: flip(standing, standing.flaps, finding)}, None
    if finding.kind is FindingKind.RAISED:
        after, kind = _raise(standing, known.raises if known is not None else (), finding, limits)
    elif standing is None:
        raise AssertionError(f"{finding.rule} cleared an alarm that never stood")
    else:
        after, kind = _clear(standing, finding, limits)
    changed = {mode: one for mode, one in alarms.items() if mode != name}
    if after is not None:
        changed[name] = after
    about = standing if after is None or not after.rules else after
    if about is None:
        raise AssertionError(f"{finding.rule} raised an alarm that does not stand")
    event = AlarmEvent(
        kind=kind,
        key=AlarmKey(
            equipment=finding.equipment,
            fault_mode=finding.fault_mode,
            raised_at=instant(about.raised_ms),
            shadow=finding.shadow,
            model=finding.model,
        ),
        site=site,
        onset_at=instant(about.onset_ms),
        severity=about.worst,
        finding=finding,
        flapping=_told(about.flaps),
    )
    return changed, event


def _only_flips(standing: Standing, flaps: Flaps, finding: Finding, limits: FlapLimits | None) -> bool:
    """Whether it is one more coming or going of what flaps, and neither a further symptom nor the end of it."""
    if limits is None or finding.rule not in standing.rules:
        return False
    return finding.kind is FindingKind.RAISED or epoch_ms(finding.at) - flaps.last_ms < limits.quiet_ms


def _told(flaps: Flaps | None) -> Flapping | None:
    return None if flaps is None else Flapping(since=instant(flaps.since_ms), count=flaps.count)


def _raise(
    standing: Standing | None, before: tuple[tuple[int, str], ...], finding: Finding, limits: FlapLimits | None
) -> tuple[Standing, AlarmEventKind]:
    raises = remember(before, finding, limits) if limits is not None else ()
    if standing is None:
        raised_ms, onset_ms = epoch_ms(finding.at), epoch_ms(finding.onset_at)
        flaps = flaps_by_now(raises, limits) if limits is not None else None
        return Standing(raised_ms, onset_ms, {finding.rule: finding.severity}, raises, flaps), AlarmEventKind.RAISED
    worse = finding.severity.rank > standing.worst.rank
    rules: dict[str, Severity] = {**standing.rules, finding.rule: finding.severity}
    flaps = standing.flaps or (flaps_by_now(raises, limits) if limits is not None else None)
    after = replace(standing, rules=rules, raises=raises, flaps=flaps)
    return after, AlarmEventKind.WORSENED if worse else AlarmEventKind.JOINED


def _clear(standing: Standing, finding: Finding, limits: FlapLimits | None) -> tuple[Standing | None, AlarmEventKind]:
    rules = {name: severity for name, severity in standing.rules.items() if name != finding.rule}
    if rules:
        return replace(standing, rules=rules), AlarmEventKind.EASED
    raises = () if limits is None or standing.flaps else lately(standing.raises, epoch_ms(finding.at), limits)
    return replace(standing, rules={}, raises=raises) if raises else None, AlarmEventKind.CLEARED
