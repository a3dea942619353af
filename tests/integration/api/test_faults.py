"""Judged orders as labelled history."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api_builders import ApiUnderTest
from tests.builders import DWELL, T0, an_alarm_event, an_equipment

FAULTS = "/api/v1/faults"


@pytest.fixture(autouse=True)
def _pumps(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"), an_equipment("P-2"))


def judged(api: ApiUnderTest, day: int, equipment: str = "P-1", **found: str) -> str:
    """An order of the alarm of every other day, repaired after 2 h and closed after 3 h with what was found."""
    raised_at = T0 + DWELL + timedelta(days=2 * day)  # a day later the fault would be back before its check was over
    api.clock.at = raised_at
    number = api.happen(an_alarm_event(equipment=equipment, fault_mode="PMP-BEAR", raised_at=raised_at)).number
    for step in ("dispatch", "arrive"):
        api.writer.post(f"/api/v1/work-orders/{number}/{step}")
    api.clock.at += timedelta(hours=2)
    assert api.writer.post(f"/api/v1/work-orders/{number}/complete").status_code == 200
    api.clock.at += timedelta(hours=1)
    assert api.writer.post(f"/api/v1/work-orders/{number}/close", json=found).status_code == 200
    return number


def labels(api: ApiUnderTest, **params: str) -> list[Any]:
    items: list[Any] = api.reader.get(FAULTS, params=params).json()["items"]
    return items


def test_a_real_fault_is_a_label_from_its_onset_to_its_repair(api: ApiUnderTest) -> None:
    number = judged(api, 0, verdict="real_fault")
    assert labels(api) == [
        {
            "equipment": "P-1",
            "fault_mode": "PMP-BEAR",
            "onset": "2026-01-01T08:00:00+08:00",
            "failure": "2026-01-01T10:10:00+08:00",
            "failed_at": None,
            "finished_at": "2026-01-01T10:10:00+08:00",
            "work_order": number,
            "verdict": "real_fault",
            "verdict_label": "真故障",
        }
    ]


def test_it_is_of_the_fault_mode_that_it_really_was_and_ends_at_the_failure(api: ApiUnderTest) -> None:
    judged(api, 0, verdict="real_fault", fault_mode="PMP-CAV", failed_at="2026-01-01T09:00:00+08:00")
    (label,) = labels(api)
    assert (label["fault_mode"], label["failure"]) == ("PMP-CAV", "2026-01-01T09:00:00+08:00")


def test_a_failure_before_the_alarm_is_the_onset_too(api: ApiUnderTest) -> None:
    judged(api, 0, verdict="real_fault", failed_at="2026-01-01T07:00:00+08:00")
    (label,) = labels(api)
    assert label["onset"] == label["failure"] == "2026-01-01T07:00:00+08:00"


def test_what_was_no_fault_of_the_machine_stands_apart(api: ApiUnderTest) -> None:
    for day, verdict in enumerate(("real_fault", "false_alarm", "sensor_fault", "not_found")):
        judged(api, day, verdict=verdict)
    judged(api, 4)
    assert [label["verdict"] for label in labels(api)] == ["real_fault"]
    assert [label["verdict"] for label in labels(api, kind="false")] == ["false_alarm", "sensor_fault", "not_found"]


def test_an_order_that_was_opened_again_is_no_label(api: ApiUnderTest) -> None:
    number = judged(api, 0, verdict="real_fault")
    api.writer.post(f"/api/v1/work-orders/{number}/reopen")
    assert labels(api) == []


def test_only_labels_that_touch_the_span_are_given(api: ApiUnderTest) -> None:
    for day in range(3):
        judged(api, day, verdict="real_fault")

    def onsets(**params: str) -> list[str]:
        return [label["onset"][:10] for label in labels(api, **params)]

    assert onsets(**{"from": "2026-01-03T09:00:00+08:00"}) == ["2026-01-03", "2026-01-05"]
    assert onsets(to="2026-01-03T08:00:00+08:00") == ["2026-01-01"]
    assert onsets(**{"from": "2026-01-03T09:00:00+08:00", "to": "2026-01-03T09:30:00+08:00"}) == ["2026-01-03"]
    assert onsets(equipment="P-2") == []


def test_pages_follow_each_other(api: ApiUnderTest) -> None:
    numbers = [judged(api, day, verdict="real_fault") for day in range(3)]
    first = api.reader.get(FAULTS, params={"limit": 2}).json()
    second = api.reader.get(FAULTS, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [label["work_order"] for label in first["items"] + second["items"]] == numbers


def test_the_export_is_what_backtests_take(api: ApiUnderTest) -> None:
    judged(api, 0, verdict="real_fault")
    assert api.reader.get(f"{FAULTS}.csv").text.splitlines() == [
        "equipment,fault_mode,onset,failure",
        "P-1,PMP-BEAR,2026-01-01T08:00:00+08:00,2026-01-01T10:10:00+08:00",
    ]
