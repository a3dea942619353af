"""Days to limit over the API."""

from dataclasses import replace
from datetime import timedelta

from tests.api_builders import ApiUnderTest
from tests.forecast_stories import MODE, PUMP, START, a_desk, a_forecast

NOW = START + timedelta(days=3)


def foretell(api: ApiUnderTest) -> None:
    """Forecasts of two days, the second with a planned order; and a third day on which nothing grows."""
    first = a_forecast(NOW + timedelta(days=9), now=NOW)
    second = replace(
        a_forecast(NOW + timedelta(days=6), now=NOW + timedelta(days=1)), day=first.day + timedelta(days=1)
    )
    api.clock.at = NOW + timedelta(days=1)
    for forecast in (first, second):
        with api.database.transaction() as repositories:
            repositories.forecasts.claim(PUMP.code, forecast.day)
            repositories.forecasts.add(forecast)
            a_desk(api.clock).follow(repositories, PUMP, MODE, forecast)


def test_forecasts_come_newest_first_and_say_which_stands(api: ApiUnderTest) -> None:
    api.register(PUMP)
    foretell(api)

    answer = api.reader.get("/api/v1/equipment/P-1/forecasts")

    assert answer.status_code == 200
    body = answer.json()
    assert body["looked_at"] == "2026-01-09"
    newest, older = body["items"]
    assert (newest["day"], newest["standing"]) == ("2026-01-09", True)
    assert (older["day"], older["standing"]) == ("2026-01-08", False)
    assert newest["metric"] == "vib_rms"
    assert newest["unit"] == "mm/s"
    assert newest["limit"] == 8.5
    assert newest["p10"] == "2026-01-14T08:00:00+08:00"
    assert newest["fault_mode_label"] == "轴承劣化"
    assert api.reader.get("/api/v1/equipment/P-1/forecasts?fault_mode=PMP-CAV").json()["items"] == []
    assert len(api.reader.get("/api/v1/equipment/P-1/forecasts?limit=1").json()["items"]) == 1


def test_equipment_that_was_never_looked_at_has_none_and_unknown_equipment_is_none(api: ApiUnderTest) -> None:
    api.register(PUMP)
    body = api.reader.get("/api/v1/equipment/P-1/forecasts").json()
    assert body == {"equipment": "P-1", "looked_at": None, "items": []}
    assert api.reader.get("/api/v1/equipment/P-9/forecasts").status_code == 404
    assert api.stranger.get("/api/v1/equipment/P-1/forecasts").status_code == 401


def test_a_planned_order_shows_its_window_and_why_it_was_planned(api: ApiUnderTest) -> None:
    api.register(PUMP)
    foretell(api)

    [order] = api.reader.get("/api/v1/work-orders?status=planned", headers={"Accept-Language": "en"}).json()["items"]

    assert order["origin"] == "forecast"
    assert order["planned_for"] == "2026-01-13T22:00:00+08:00"
    assert order["planned_until"] == "2026-01-14T06:00:00+08:00"
    assert order["deadlines"] == {}
    assert order["urgency_label"].endswith(", counted once it is due")
    assert [entry["kind"] for entry in order["timeline"]] == ["planned"]
    [evidence] = order["evidence"]
    assert evidence["projection"]["p50"] == "2026-01-16T08:00:00+08:00"
    assert evidence["text"] == (
        "Vibration velocity RMS (≤ 200 kW, category II) has gone from 2 to 4.4 mm/s since 2025-12-30; "
        "expected to reach 8.5 mm/s (engineering default) on 2026-01-16 (10 %: 2026-01-14, 90 %: 2026-01-19); "
        "planned for 2026-01-13 22:00–2026-01-14 06:00"
    )
