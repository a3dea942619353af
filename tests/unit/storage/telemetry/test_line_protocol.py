import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.point_columns import Head, PointColumns
from iot_maint.domain.telemetry import Point, Telemetry
from iot_maint.storage.telemetry.line_protocol import render_lines, stored_field, stored_measurement, stored_name

T0 = 1_767_225_600_000


def line_of(fields: Mapping[str, float | str], measurement: str = "pump", **tags: str) -> str:
    point = Point(measurement=measurement, tags=tags or {"site": "n", "equipment": "P"}, at_ms=T0, fields=fields)
    return render_lines([point]).decode()


def test_a_point_is_one_line_with_sorted_tags_and_float_fields() -> None:
    assert line_of({"vib_rms": 2.1, "starts": 5}) == f"pump,equipment=P,site=n vib_rms=2.1,starts=5.0 {T0}"


def test_points_are_joined_by_newlines_in_utf_8() -> None:
    points = [Point(measurement="泵", tags={"site": "北"}, at_ms=at, fields={"v": 1.0}) for at in (1, 2)]

    assert render_lines(points) == "泵,site=北 v=1.0 1\n泵,site=北 v=1.0 2".encode()


def test_booleans_are_floats() -> None:
    assert line_of({"running": True, "door": False}).split(" ")[1] == "running=1.0,door=0.0"


def test_separators_in_names_are_escaped() -> None:
    line = line_of({"a,b =c": 1.0}, measurement="m, x", site='a, b="c"')

    assert line == rf'm\,\ x,site=a\,\ b\="c" a\,b\ \=c=1.0 {T0}'


def test_quotes_and_backslashes_in_texts_are_escaped() -> None:
    assert line_of({"title": 'say "a\\b", x=y'}).split(" ", 1)[1] == rf'title="say \"a\\b\", x=y" {T0}'


def test_an_empty_tag_is_left_out() -> None:
    assert line_of({"v": 1.0}, site="", equipment="P") == f"pump,equipment=P v=1.0 {T0}"


def test_what_has_no_form_is_left_out_and_an_empty_point_is_no_line() -> None:
    nan, infinite = float("nan"), float("inf")

    assert line_of({"a": nan, "b": 1.0, "c": infinite}).split(" ")[1] == "b=1.0"
    assert line_of({"a": nan, "c": -infinite}) == ""
    assert render_lines([]) == b""


@pytest.mark.parametrize(
    ("name", "stored"),
    [("a\nb", "a␊b"), ("\x00", "␀"), ("a\x7f", "a␡"), ("a\\b", "a\\b"), ("a\\", "a⧵"), ("泵😀", "泵😀")],
)
def test_names_keep_all_that_line_protocol_can_write(name: str, stored: str) -> None:
    assert stored_name(name) == stored


def test_a_measurement_never_begins_a_comment() -> None:
    assert stored_measurement("#1 pump") == "＃1 pump"


def test_a_field_keeps_clear_of_the_time_and_the_tags() -> None:
    assert [stored_field(name) for name in ("time", "site", "equipment", "times", "a\\b")] == [
        "time_",
        "site_",
        "equipment_",
        "times",
        "a⧵b",
    ]


NAMES = st.text(min_size=1)


@given(measurement=NAMES, tags=st.dictionaries(NAMES, st.text(), max_size=3), field=NAMES, value=st.floats())
def test_no_name_breaks_out_of_its_line(measurement: str, tags: dict[str, str], field: str, value: float) -> None:
    lines = render_lines([Point(measurement=measurement, tags=tags, at_ms=T0, fields={field: value, "sure": 1.0})])

    text = lines.decode()
    assert "\n" not in text
    assert not text.startswith("#")
    series, fields, at_ms = re.split(r"(?<!\\) ", text)
    assert len(re.findall(r"(?<!\\),", series)) == sum(1 for tag in tags.values() if tag)
    assert fields.endswith("sure=1.0")
    assert at_ms == str(T0)


@given(
    st.lists(st.dictionaries(st.text(min_size=1, max_size=4), st.floats(), min_size=1, max_size=4), max_size=5),
    st.data(),
)
def test_points_in_columns_come_to_the_same_lines_as_each_alone(
    contents: list[dict[str, float]], data: st.DataObject
) -> None:
    telemetry = TelemetryColumns.of(
        Telemetry(site="100 %", equipment="P", at_ms=T0 + n, received_at_ms=T0, values=values)
        for n, values in enumerate(contents)
    )
    heads = tuple(Head("%m", {"site": one.site, "equipment": "P"}, one.metrics) for one in telemetry.origins)
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(contents))] * 2)))
    points = PointColumns(telemetry, heads)[start:stop]

    together, apart = render_lines(points).decode(), render_lines(list(points)).decode()

    assert len(points) == stop - start
    assert [read(line) for line in together.split("\n")] == [read(line) for line in apart.split("\n")]


def read(line: str) -> list[str | float]:
    """The line's parts, its numbers as numbers: 1e16 and 1e+16 are one."""
    numbers = re.compile(r"(?<==)-?[0-9.]+(?:e[+-]?[0-9]+)?(?=[, ])")
    return [numbers.sub("#", line), *(float(number) for number in numbers.findall(line))]
