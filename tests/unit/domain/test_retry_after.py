from datetime import timedelta

import pytest

from iot_maint.domain.retry_after import retry_after


def test_seconds_are_a_span() -> None:
    assert retry_after({"Retry-After": "120"}) == timedelta(minutes=2)


def test_a_date_counts_from_the_answers_own_date() -> None:
    headers = {"Retry-After": "Fri, 02 Jan 2026 10:00:30 GMT", "Date": "Fri, 02 Jan 2026 10:00:00 GMT"}

    assert retry_after(headers) == timedelta(seconds=30)


def test_a_date_that_has_passed_is_no_wait() -> None:
    headers = {"Retry-After": "Fri, 02 Jan 2026 09:00:00 GMT", "Date": "Fri, 02 Jan 2026 10:00:00 GMT"}

    assert retry_after(headers) == timedelta()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Retry-After": ""},
        {"Retry-After": "soon"},
        {"Retry-After": "-5"},
        {"Retry-After": "١٢"},
        {"Retry-After": "Fri, 02 Jan 2026 10:00:30 GMT"},
        {"Retry-After": "Fri, 02 Jan 2026 10:00:30 GMT", "Date": "Fri, 02 Jan 2026 10:00:00"},
    ],
)
def test_what_cannot_be_read_asks_for_nothing(headers: dict[str, str]) -> None:
    assert retry_after(headers) is None


@pytest.mark.parametrize("value", ["999999999999999999999", "Fri, 02 Jan 2099 10:00:30 GMT"])
def test_nobody_makes_us_wait_for_more_than_a_day(value: str) -> None:
    assert retry_after({"Retry-After": value, "Date": "Fri, 02 Jan 2026 10:00:00 GMT"}) == timedelta(days=1)
