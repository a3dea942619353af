"""Times as every command takes them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import typer

from iot_maint.cli.instants import read_instant

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-03-01", "2026-03-01T00:00:00+08:00"),
        ("2026-03-01T08:00", "2026-03-01T08:00:00+08:00"),
        ("2026-03-01T08:00:00Z", "2026-03-01T16:00:00+08:00"),
        ("2026-03-01T08:00+02:00", "2026-03-01T14:00:00+08:00"),
    ],
)
def test_a_day_or_a_time_without_an_offset_is_the_site_s(text: str, meant: str) -> None:
    assert read_instant("--from", text, SHANGHAI) == datetime.fromisoformat(meant)


def test_an_option_that_was_not_given_has_no_time() -> None:
    assert read_instant("--from", None, SHANGHAI) is None


def test_a_refusal_names_the_option_and_the_ways_of_writing() -> None:
    with pytest.raises(typer.BadParameter, match=r"'soon' is no time such as 2026-03-01, .*08:00:00\+08:00") as refusal:
        read_instant("--from", "soon", SHANGHAI)
    assert refusal.value.param_hint == "--from"


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_not_every_zone_could_say_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="1970 to 9998"):
        read_instant("--to", text, SHANGHAI)
