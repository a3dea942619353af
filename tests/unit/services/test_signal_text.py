"""What a signal said, in words a technician can check: the value, what it was compared with, and the limit."""

from dataclasses import replace

import pytest

from iot_maint.catalog.load import load_catalog
from iot_maint.domain.catalog import Comparison, Language
from iot_maint.domain.findings import Evidence, FindingKind
from iot_maint.domain.signals import Sensed, SignalKind
from iot_maint.services.evidence import say_evidence
from tests.builders import an_evidence

TYPES = load_catalog().types
PUMP, ELEVATOR = TYPES["pump"], TYPES["elevator"]
DAY_S = 86_400.0


def over(
    sensed: Sensed, metric: str, value: float, limit: float, *, clear: float = 0.0, dwell_s: float = 0.0, count: int = 1
) -> Evidence:
    return replace(
        an_evidence(),
        metric=metric,
        comparison=Comparison.IS if sensed.kind is SignalKind.COMPOSITE else Comparison.ABOVE,
        limit=limit,
        clear_limit=clear,
        readings=((0, value),),
        dwell_s=dwell_s,
        occurrences=count,
        signal=sensed,
    )


BASELINE = over(
    Sensed(kind=SignalKind.BASELINE, value=25.4, unit="%", base=2.7, over_s=14 * DAY_S),
    "door_open_time",
    3.386,
    15.0,
    count=5,
)
SHARE = over(Sensed(kind=SignalKind.SHARE, value=6.25, unit="%", base=80.0, over_s=DAY_S), "levelling_error", 11.5, 5.0)
SEQUENCE = over(
    Sensed(kind=SignalKind.SEQUENCE, value=605.0, unit="s", of="fire_line_pressure > 0.97"),
    "fire_line_pressure",
    0.41,
    600.0,
)
STARTS = over(Sensed(kind=SignalKind.STARTS, value=9.0, unit="1/h", over_s=3600.0), "running", 1.0, 8.0)
RATE = over(
    Sensed(kind=SignalKind.RATE, value=24.0, unit="°C/h", base=50.0, over_s=1800.0),
    "bearing_temp",
    62.0,
    20.0,
    dwell_s=300.0,
)
DURATION = over(Sensed(kind=SignalKind.DURATION, value=1260.0, unit="s", over_s=3600.0), "bearing_temp", 85.0, 1200.0)
SIBLING = over(Sensed(kind=SignalKind.SIBLING, value=60.0, unit="%", base=2.0, of="P-2"), "vib_rms", 3.2, 50.0)
PARENT = over(Sensed(kind=SignalKind.PARENT, value=12.5, unit="°C", base=50.0, of="SET-1"), "bearing_temp", 62.5, 12.0)
COMPOSITE = over(
    Sensed(kind=SignalKind.COMPOSITE, value=1.0, unit="1", of="bearing_temp_warning, vib_rms_warning"),
    "bearing_temp",
    85.0,
    1.0,
)
EXPRESSION = over(
    Sensed(kind=SignalKind.EXPRESSION, value=45.0, unit="K", of="bearing_temp = 60, room_temp = 15"), "rise", 45.0, 40.0
)


@pytest.mark.parametrize(
    ("evidence", "zh", "en"),
    [
        (
            BASELINE,
            "开门时间 3.386 s，比自身基线 2.7 s（14 d 中位数）高 25.4 %，连续 5 次高于限值 15 %（工程经验值）",
            "Door opening time 3.386 s, 25.4 % above its own base of 2.7 s (median of 14 d), 5 times in a row above the"
            " limit of 15 % (engineering default)",
        ),
        (
            SHARE,
            "平层误差 11.5 mm，1 d 内 80 次读数中超限占 6.25 %，高于限值 5 %（工程经验值）",
            "Levelling error 11.5 mm, outside its range in 6.25 % of 80 readings within 1 d, above the limit of 5 %"
            " (engineering default)",
        ),
        (
            SEQUENCE,
            "消防管网压力 0.41 MPa：605 s 后仍未满足 fire_line_pressure > 0.97，高于限值 600 s（工程经验值）",
            "Fire line pressure 0.41 MPa: 605 s later still not fire_line_pressure > 0.97, above the limit of 600 s"
            " (engineering default)",
        ),
        (
            STARTS,
            "运行状态：1 h 内启动频次 9 1/h，高于限值 8 1/h（工程经验值）",
            "Running: 9 1/h starts over 1 h, above the limit of 8 1/h (engineering default)",
        ),
        (
            RATE,
            "轴承温度 62 °C，30 min 前为 50 °C，变化速率 24 °C/h，连续 5 min 高于限值 20 °C/h（工程经验值）",
            "Bearing temperature 62 °C, 50 °C 30 min before: a rate of 24 °C/h, for 5 min above the limit of 20 °C/h"
            " (engineering default)",
        ),
        (
            DURATION,
            "轴承温度 85 °C，1 h 内累计 21 min，高于限值 1200 s（工程经验值）",
            "Bearing temperature 85 °C, for 21 min within 1 h, above the limit of 1200 s (engineering default)",
        ),
        (
            SIBLING,
            "振动速度有效值（≤200 kW，II 类） 3.2 mm/s，与 P-2 的 2 mm/s 相差 60 %，高于限值 50 %（工程经验值）",
            "Vibration velocity RMS (≤ 200 kW, category II) 3.2 mm/s, 60 % from the 2 mm/s of P-2, above the limit"
            " of 50 % (engineering default)",
        ),
        (
            PARENT,
            "轴承温度 62.5 °C，与上级 SET-1 的 50 °C 相差 12.5 °C，高于限值 12 °C（工程经验值）",
            "Bearing temperature 62.5 °C, 12.5 °C from the 50 °C of its parent SET-1, above the limit of 12 °C"
            " (engineering default)",
        ),
        (
            COMPOSITE,
            "同时成立：bearing_temp_warning, vib_rms_warning（工程经验值）",
            "standing together: bearing_temp_warning, vib_rms_warning (engineering default)",
        ),
        (
            EXPRESSION,
            "rise 45 K（bearing_temp = 60, room_temp = 15），高于限值 40 K（工程经验值）",
            "rise 45 K (bearing_temp = 60, room_temp = 15), above the limit of 40 K (engineering default)",
        ),
    ],
    ids=lambda value: value.signal.kind.value if isinstance(value, Evidence) and value.signal is not None else "",
)
def test_each_kind_says_what_was_compared_with_what(evidence: Evidence, zh: str, en: str) -> None:
    declared = ELEVATOR if evidence.metric in ELEVATOR.metrics and evidence.metric != "running" else PUMP

    assert say_evidence(evidence, declared, Language.ZH_CN) == zh
    assert say_evidence(evidence, declared, Language.EN) == en


def test_a_signal_that_is_back_is_said_by_its_own_value() -> None:
    drifted = Sensed(kind=SignalKind.BASELINE, value=3.7, unit="%", base=2.7, over_s=14 * DAY_S)
    back = replace(BASELINE, clear_limit=13.5, readings=((0, 2.8),), signal=drifted)

    assert say_evidence(back, ELEVATOR, Language.ZH_CN, kind=FindingKind.CLEARED) == (
        "开门时间 2.8 s，比自身基线 2.7 s（14 d 中位数）高 3.7 %，已低于恢复限值 13.5 %"
    )
