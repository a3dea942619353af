"""From findings to alarms: raised by the first contributing rule, cleared with the last, as bad as the worst."""

from collections.abc import Mapping

from iot_maint.domain.alarms import AlarmEvent, AlarmEventKind, AlarmKey
from iot_maint.domain.catalog import Severity
from iot_maint.domain.findings import Finding, FindingKind
from iot_maint.domain.instants import epoch_ms, instant
from iot_maint.domain.shadow import standing_name
from iot_maint.rules.state import Standing


def transition(
    alarms: Mapping[str, Standing], finding: Finding, site: str
) -> tuple[Mapping[str, Standing], AlarmEvent | None]:
    """Standing alarms by fault mode and one finding → the alarms after it, and what happened (None: nothing).

    Those of sources in shadow stand beside the real ones, each under a name of its own.
    """
    name = standing_name(finding.fault_mode, finding.shadow)
    standing = alarms.get(name)
    after: Standing | None
    if finding.kind is FindingKind.RAISED:
        after, kind = _raise(standing, finding)
    elif standing is None or finding.rule not in standing.rules:
        return alarms, None
    else:
        after, kind = _clear(standing, finding.rule)
    changed = dict(alarms)
    if after is None:
        del changed[name]
    else:
        changed[name] = after
    about = after or standing
    if about is None:
        raise AssertionError(f"{finding.rule} cleared an alarm that never stood")
    event = AlarmEvent(
        kind=kind,
        key=AlarmKey(
            equipment=finding.equipment,
            fault_mode=finding.fault_mode,
            raised_at=instant(about.raised_ms),
            shadow=finding.shadow,
        ),
        site=site,
        onset_at=instant(about.onset_ms),
        severity=about.worst,
        finding=finding,
    )
    return changed, event


def _raise(standing: Standing | None, finding: Finding) -> tuple[Standing, AlarmEventKind]:
    if standing is None:
        raised_ms, onset_ms = epoch_ms(finding.at), epoch_ms(finding.onset_at)
        return Standing(raised_ms, onset_ms, {finding.rule: finding.severity}), AlarmEventKind.RAISED
    worse = finding.severity.rank > standing.worst.rank
    rules: dict[str, Severity] = {**standing.rules, finding.rule: finding.severity}
    after = Standing(standing.raised_ms, standing.onset_ms, rules)
    return after, AlarmEventKind.WORSENED if worse else AlarmEventKind.JOINED


def _clear(standing: Standing, rule: str) -> tuple[Standing | None, AlarmEventKind]:
    rules = {name: severity for name, severity in standing.rules.items() if name != rule}
    if not rules:
        return None, AlarmEventKind.CLEARED
    return Standing(standing.raised_ms, standing.onset_ms, rules), AlarmEventKind.EASED
