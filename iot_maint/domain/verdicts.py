"""What a person found where an alarm or a forecast had sent them: the verdict on a preventive order."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """真故障, 误报, 传感器故障, 未发现."""

    REAL_FAULT = "real_fault"
    FALSE_ALARM = "false_alarm"
    SENSOR_FAULT = "sensor_fault"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict, said by whom and when (`at`, the clock).

    `found_mode` is the fault mode that it really was, where the order named another; `failed_at` when the equipment
    stopped doing its work, if it came to that; both of real faults alone.  `parts` is free text.
    """

    verdict: Verdict
    at: datetime
    by: str
    found_mode: str | None = None
    failed_at: datetime | None = None
    parts: str = ""
