"""An alarm that comes and goes is one alarm that says so, and stands until it was quiet for a while."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from iot_maint.domain.findings import Finding, FindingKind
from iot_maint.domain.instants import epoch_ms, instant
from iot_maint.domain.shadow import read_standing_name
from iot_maint.rules.state import Flaps, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class FlapLimits:
    """It flaps when it was raised more than `raises` times `within` that time, and until it was `quiet` so long."""

    raises: int = 3
    within: timedelta = timedelta(minutes=1)
    quiet: timedelta = timedelta(minutes=10)

    @property
    def within_ms(self) -> int:
        """`within`, in ms."""
        return round(self.within.total_seconds() * 1000)

    @property
    def quiet_ms(self) -> int:
        """`quiet`, in ms."""
        return round(self.quiet.total_seconds() * 1000)


FLAP_LIMITS = FlapLimits()

Raises = tuple[tuple[int, str], ...]


def remember(raises: Raises, finding: Finding, limits: FlapLimits) -> Raises:
    """The raises of the last `within`, and this one."""
    at_ms = epoch_ms(finding.at)
    return (*(one for one in raises if at_ms - one[0] < limits.within_ms), (at_ms, finding.rule))


def lately(raises: Raises, at_ms: int, limits: FlapLimits) -> Raises:
    """Those that still count at that instant."""
    return tuple(one for one in raises if at_ms - one[0] < limits.within_ms)


def flaps_by_now(raises: Raises, limits: FlapLimits) -> Flaps | None:
    """What the raises come to; rules that were raised for the first time are several symptoms, not one that flaps."""
    count = len(raises) - len({rule for _, rule in raises}) + 1
    if count <= limits.raises:
        return None
    return Flaps(since_ms=raises[0][0], count=count, last_ms=raises[-1][0])


def flip(standing: Standing, flaps: Flaps, finding: Finding) -> Standing:
    """One more coming or going of an alarm that flaps: counted, and nothing else."""
    at_ms = max(flaps.last_ms, epoch_ms(finding.at))
    if finding.kind is FindingKind.RAISED:
        down = tuple(rule for rule in flaps.down if rule != finding.rule)
        after = msgspec.structs.replace(flaps, count=flaps.count + 1, last_ms=at_ms, down=down)
    else:
        down = (*(rule for rule in flaps.down if rule != finding.rule), finding.rule)
        after = msgspec.structs.replace(flaps, last_ms=at_ms, down=down, evidence=finding.evidence)
    return msgspec.structs.replace(standing, flaps=after)


def come_to_rest(
    alarms: Mapping[str, Standing], equipment: str, at_ms: int, limits: FlapLimits
) -> tuple[Mapping[str, Standing], tuple[Finding, ...]]:
    """Alarms that have been quiet by that instant flap no more: they just stand, or the findings clear them."""
    after, findings = dict(alarms), []
    for name, standing in alarms.items():
        flaps = standing.flaps
        if flaps is None or at_ms - flaps.last_ms < limits.quiet_ms:
            continue
        up = {rule: severity for rule, severity in standing.rules.items() if rule not in flaps.down}
        if up or flaps.evidence is None:
            after[name] = msgspec.structs.replace(standing, rules=up or standing.rules, raises=(), flaps=None)
            continue
        last = flaps.down[-1]
        after[name] = msgspec.structs.replace(standing, rules={last: standing.worst})
        findings.append(_rest(equipment, name, standing, flaps, flaps.last_ms + limits.quiet_ms))
    return after, tuple(findings)


def _rest(equipment: str, name: str, standing: Standing, flaps: Flaps, at_ms: int) -> Finding:
    if flaps.evidence is None:
        raise AssertionError(f"{name} of {equipment} is down without having gone")
    fault_mode, shadow, model = read_standing_name(name)
    return Finding(
        kind=FindingKind.CLEARED,
        equipment=equipment,
        fault_mode=fault_mode,
        rule=flaps.down[-1],
        severity=flaps.evidence.severity,
        onset_at=instant(standing.onset_ms),
        at=instant(at_ms),
        evidence=flaps.evidence,
        shadow=shadow,
        model=model,
    )
