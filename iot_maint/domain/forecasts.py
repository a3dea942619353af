"""Days to limit as data: which metric of which fault reaches which limit when, and how sure that is."""

from dataclasses import dataclass
from datetime import date, datetime

from iot_maint.domain.catalog import Comparison, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """One day's forecast of one fault mode, by the metric that reaches its limit first: the culprit.

    `day` is the site's, one forecast each; `made_at` the clock.  `p10`, `p50`, `p90`: by then the limit is reached with
    that probability.  The growth began at about `since`; `healthy` is where the metric stood before, `level` where it
    stands now.  `indicator`: how far of the way to the limit, 1 at the limit.  `confidence`: that it grows at all, 0–1.
    `also`: further metrics of the fault mode that grow.
    """

    equipment: str
    fault_mode: str
    day: date
    made_at: datetime
    rule: str
    metric: str
    comparison: Comparison
    severity: Severity
    basis: str
    limit: float
    healthy: float
    level: float
    indicator: float
    since: datetime
    p10: datetime
    p50: datetime
    p90: datetime
    confidence: float
    also: tuple[str, ...] = ()
