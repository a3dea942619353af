"""Who may switch a rule into shadow, and how the lists show it."""

from dataclasses import replace
from datetime import timedelta

from iot_maint.domain.alarms import AlarmEvent
from iot_maint.services.ordering import OrderDesk
from tests.api_builders import CATALOG, SHANGHAI, ApiUnderTest, a_bearing_event
from tests.builders import an_equipment

RULE = "pump.bearing_temp_warning"


def happen_in_shadow(api: ApiUnderTest, model: str = "") -> None:
    real = a_bearing_event()
    key = replace(real.key, shadow=True, model=model)
    event = AlarmEvent(
        kind=real.kind,
        key=key,
        site=real.site,
        onset_at=real.onset_at,
        severity=real.severity,
        finding=real.finding,
    )
    desk = OrderDesk(catalog=CATALOG, clock=api.clock, site_zone=SHANGHAI, channels=())
    with api.database.transaction() as repositories:
        assert desk.save(repositories, event, "pump") is None


def test_a_switch_is_a_write_and_is_audited(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    wish = {"shadow": True, "note": "先看两周"}

    assert api.reader.put(f"/api/v1/shadow/{RULE}", json=wish).status_code == 403
    assert api.writer.put(f"/api/v1/shadow/{RULE}", json=wish).json() == {
        "source": RULE,
        "equipment": None,
        "shadow": True,
    }

    assert api.reader.get("/api/v1/shadow").json()["items"] == [{"source": RULE, "equipment": None, "shadow": True}]
    [change] = api.reader.get("/api/v1/shadow/changes").json()["items"]
    assert (change["old"], change["new"], change["note"]) == (None, True, "先看两周")
    assert change["changed_by"]
    rules = api.reader.get("/api/v1/equipment/P-1/rules").json()["items"]
    assert {one["id"] for one in rules if one["active"] and one["active"]["shadow"]} == {RULE}


def test_what_finds_nothing_cannot_be_in_shadow(api: ApiUnderTest) -> None:
    answer = api.writer.put("/api/v1/shadow/pump.nothing", json={"shadow": True})

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:iot-maint:problem:not-found")


def test_the_list_of_alarms_says_which_are_of_a_source_in_shadow(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    api.happen()
    happen_in_shadow(api)
    api.clock.at += timedelta(minutes=1)

    def listed(**query: str) -> list[tuple[str, bool]]:
        items = api.reader.get("/api/v1/alarms", params=query).json()["items"]
        return sorted((one["fault_mode"], one["shadow"]) for one in items)

    assert listed() == [("PMP-BEAR", False), ("PMP-BEAR", True)]
    assert listed(shadow="true") == [("PMP-BEAR", True)]
    assert listed(shadow="false", fault_mode="PMP-BEAR") == [("PMP-BEAR", False)]


def test_each_model_in_the_registrys_shadow_has_an_alarm_that_names_it(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    api.happen()
    for model in ("", "11", "12"):
        happen_in_shadow(api, model)
    api.clock.at += timedelta(minutes=1)

    def listed(**query: str) -> list[tuple[str, bool, str | None]]:
        items = api.reader.get("/api/v1/alarms", params=query).json()["items"]
        return sorted(((one["fault_mode"], one["shadow"], one["model"]) for one in items), key=str)

    real, *shadows = ("PMP-BEAR", False, None), *(("PMP-BEAR", True, model) for model in ("11", "12", None))
    assert listed(shadow="true") == listed(shadow="true", fault_mode="PMP-BEAR") == shadows
    assert listed(fault_mode="PMP-BEAR") == [real, *shadows]
    assert listed(fault_mode="PMP") == []
    assert listed(shadow="false") == [real]
