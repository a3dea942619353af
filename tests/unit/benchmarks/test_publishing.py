import pytest

from benchmarks.publishing import Report, acknowledged_at, parse_reports, rate_of

REPORTS = [
    Report(at_s=100.0, published=0, acknowledged=0),
    Report(at_s=102.0, published=210, acknowledged=200),
    Report(at_s=103.0, published=500, acknowledged=500),
]


def test_a_half_written_last_line_is_left_out() -> None:
    assert parse_reports("100.000 0 0\n102.000 210 200\n103.0") == REPORTS[:2]
    assert parse_reports("100.000 0 0\n102.000 210 2") == REPORTS[:1]


@pytest.mark.parametrize(
    ("at_s", "acknowledged"),
    [(99.0, 0), (100.0, 0), (101.0, 100), (102.0, 200), (102.5, 350), (103.0, 500), (110, 500)],
)
def test_between_two_reports_the_count_grows_evenly(at_s: float, acknowledged: float) -> None:
    assert acknowledged_at(REPORTS, at_s) == pytest.approx(acknowledged)


def test_the_rate_is_of_what_the_broker_acknowledged_in_between() -> None:
    assert rate_of(REPORTS, 101.0, 103.0) == pytest.approx(200)
