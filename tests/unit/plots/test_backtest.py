"""The plot of a backtest is a picture in either language and form, the same bytes each time, from any thread."""

import threading
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import matplotlib as mpl
import pytest

from iot_maint.domain.catalog import Language, Severity, Text
from iot_maint.plots.backtest import draw_backtest
from iot_maint.services.backtest.picture import (
    AlarmBand,
    FaultBand,
    LimitLine,
    Panel,
    Picture,
    SettingPanel,
)
from iot_maint.services.backtest.trials import AS_IT_STANDS, CHANGED
from tests.builders import T0

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
SETTING = SettingPanel(
    limits=(LimitLine(rule="pump.bearing_temp_warning", limit=80, clear_limit=75, severity=Severity.WARNING),),
    alarms=(AlarmBand(since=T0 + HOUR, until=None, false=True),),
)
PANEL = Panel(
    equipment="P-1",
    name="一号生活水泵",
    metric=Text(zh="轴承温度", en="Bearing temperature"),
    unit="°C",
    lowest=(60.0, None, 84.0),
    highest=(61.0, None, 86.0),
    settings=(SETTING, SETTING),
    faults=(FaultBand(onset=T0, failure=T0 + 2 * HOUR, fault_mode="PMP-BEAR"),),
)
PICTURE = Picture(
    start=T0,
    end=T0 + 3 * HOUR,
    rules=("pump.bearing_temp_warning",),
    labels=(AS_IT_STANDS, CHANGED),
    panels=(PANEL,),
)


@pytest.mark.parametrize("language", list(Language))
def test_a_plot_is_a_png_or_an_svg(language: Language) -> None:
    assert draw_backtest(PICTURE, language, ZONE, "png").startswith(b"\x89PNG")
    assert b"<svg" in draw_backtest(PICTURE, language, ZONE, "svg")[:500]


def test_a_plot_without_anything_to_show_is_one_too() -> None:
    assert draw_backtest(replace(PICTURE, panels=()), Language.EN, ZONE, "png").startswith(b"\x89PNG")


def test_drawing_changes_no_setting_of_the_process_and_threads_draw_the_same() -> None:
    before = dict(mpl.rcParams)
    drawn: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: drawn.append(draw_backtest(PICTURE, Language.ZH_CN, ZONE, "png")))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(drawn) == 3
    assert len(set(drawn)) == 1
    assert dict(mpl.rcParams) == before
