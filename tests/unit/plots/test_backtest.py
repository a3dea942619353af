"""The plot of a backtest is a picture in either language and form, the same bytes each time, from any thread."""

import threading
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from iot_maint.domain.catalog import Language, Severity, Text
from iot_maint.plots import Format
from iot_maint.plots.backtest import draw_backtest, draw_panel
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


@pytest.mark.parametrize("form", ["png", "svg"])
@pytest.mark.parametrize(
    "name",
    [r"泵 $\foo{$", "$x^$", "<script>alert(1)</script> & \"'", "--><script>alert(1)</script>", "a\nb", "泵" * 200],
)
def test_no_name_of_equipment_keeps_a_plot_from_being_drawn(name: str, form: Format) -> None:
    named = replace(PANEL, name=name, metric=Text(zh=name[:30], en=name[:30]), unit=name[:20])

    drawn = draw_backtest(replace(PICTURE, panels=(named,)), Language.EN, ZONE, form)

    assert b"<script" not in drawn


def test_what_stands_between_two_dollar_signs_is_drawn_as_it_is_written() -> None:
    with_signs, without = (
        draw_backtest(replace(PICTURE, panels=(replace(PANEL, name=name),)), Language.EN, ZONE, "svg")
        for name in ("Pump $x$", "Pump x")
    )

    # Two signs more in each of two titles; mathematics would have swallowed them.
    assert with_signs.count(b"<use ") == without.count(b"<use ") + 4


def test_a_long_name_leaves_the_picture_its_room(recwarn: pytest.WarningsRecorder) -> None:
    draw_backtest(replace(PICTURE, panels=(replace(PANEL, name="泵" * 200),)), Language.EN, ZONE, "png")

    assert [str(one.message) for one in recwarn if "collapsed" in str(one.message)] == []


@pytest.mark.parametrize("value", [1.7976931348623157e308, -1.7976931348623157e308, 5e-324])
def test_the_largest_number_that_a_broken_sensor_can_say_is_drawn(value: float) -> None:
    broken = replace(PANEL, lowest=(60.0, None, -value), highest=(61.0, None, value))

    assert draw_backtest(replace(PICTURE, panels=(broken,)), Language.EN, ZONE, "png").startswith(b"\x89PNG")


def test_thousands_of_alarms_and_faults_are_drawn_like_a_few() -> None:
    second = timedelta(seconds=1)
    many = 5_000
    alarms = tuple(
        AlarmBand(since=T0 + number * second, until=T0 + (number + 1) * second, false=True) for number in range(many)
    )
    faults = tuple(
        FaultBand(onset=T0 + number * second, failure=T0 + (number + 1) * second, fault_mode="PMP-BEAR")
        for number in range(many)
    )
    setting = replace(SETTING, alarms=alarms)
    busy = replace(PICTURE, panels=(replace(PANEL, settings=(setting, setting), faults=faults),))

    drawn = draw_backtest(busy, Language.EN, ZONE, "svg")

    # A shape each would be megabytes, and minutes of the process that answers.
    assert len(drawn) < 500_000


def test_the_scale_is_that_of_the_values_whatever_alarms_and_faults_there_are() -> None:
    figure = Figure()
    axes = figure.subplots()

    draw_panel(axes, PANEL, SETTING, PICTURE, ZONE)

    low, high = axes.get_ylim()
    assert 50 < low < 60
    assert 86 < high < 96
