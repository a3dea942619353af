"""What really happened: faults with their dates, benign events, and faults of the data that are none of the machine."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import StringIO

from firmware_sim.fleet.scenario import FaultKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """The first time that the noise-free `metric` stood past `value`."""

    metric: str
    above: bool
    value: float
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault of one device.

    `onset_ms`: the start of the first bin that differs.  `culprits`: the metrics that it moves, the first one first.
    `limit`: the critical limit where the scenario has one, else the warning.  `failure`: what counts as failed.
    From `failure_ms` to `repaired_ms` it is under repair.
    """

    equipment: str
    fault_mode: str
    scenario: str
    kind: FaultKind
    onset_ms: int
    culprits: tuple[str, ...]
    warning: Crossing | None
    critical: Crossing | None
    failure: str
    failure_ms: int
    repaired_ms: int

    @property
    def limit(self) -> Crossing:
        found = self.critical or self.warning
        if found is None:
            raise ValueError(f"{self.equipment}: {self.scenario} has no limit")
        return found

    @property
    def limit_ms(self) -> int:
        return self.limit.at_ms

    @property
    def limit_severity(self) -> str:
        return "critical" if self.critical else "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Benign:
    """Something that is no fault: `what` is one of `happenings.What`; `metrics` empty: the device as a whole."""

    equipment: str
    what: str
    from_ms: int
    until_ms: int
    metrics: tuple[str, ...]
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFault:
    """The data is wrong, the machine is well: `what` is one of `data_faults.What`; `metric` empty: all of them."""

    equipment: str
    what: str
    from_ms: int
    until_ms: int
    metric: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Of one run, each in the order of devices and time.  `always`: confounders without a beginning or an end."""

    faults: tuple[Fault, ...]
    benign: tuple[Benign, ...]
    data_faults: tuple[DataFault, ...]
    always: tuple[str, ...] = ("season", "weather", "commuter_peaks", "weekends", "duty_changes")


_COLUMNS = (
    "equipment",
    "fault_mode",
    "scenario",
    "kind",
    "onset_ms",
    "limit",
    "limit_ms",
    "limit_severity",
    "warning_ms",
    "critical_ms",
    "failure",
    "failure_ms",
    "repaired_ms",
    "culprits",
)


def truth_json(truth: Truth) -> str:
    """All of it; a fault also names its `limit`, `limit_ms` and `limit_severity`."""
    faults = [
        {**asdict(one), "limit": asdict(one.limit), "limit_ms": one.limit_ms, "limit_severity": one.limit_severity}
        for one in truth.faults
    ]
    told = {
        "always": truth.always,
        "faults": faults,
        "benign": [asdict(one) for one in truth.benign],
        "data_faults": [asdict(one) for one in truth.data_faults],
    }
    return json.dumps(told, ensure_ascii=False, indent=1)


def faults_csv(faults: Sequence[Fault]) -> str:
    """One row a fault; times in epoch milliseconds, culprits separated by blanks."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in faults:
        limit = f"{one.limit.metric} {'>' if one.limit.above else '<'} {one.limit.value:g}"
        writer.writerow(
            [
                one.equipment,
                one.fault_mode,
                one.scenario,
                one.kind.value,
                one.onset_ms,
                limit,
                one.limit_ms,
                one.limit_severity,
                one.warning.at_ms if one.warning else "",
                one.critical.at_ms if one.critical else "",
                one.failure,
                one.failure_ms,
                one.repaired_ms,
                " ".join(one.culprits),
            ]
        )
    return out.getvalue()
