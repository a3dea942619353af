"""The broker's ACL follows from register and topic rules, and reaches no topic that is read as somebody else's."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iot_maint.domain.equipment import Equipment, EquipmentStatus
from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.ingest.broker_acl import mosquitto_acl
from iot_maint.ingest.topic_map import TopicMap
from iot_maint.topic_rules import TopicRule
from tests.builders import an_equipment
from tests.payload_files import SHANGHAI
from tests.sparkplug_builders import FLOAT, message, metric

OWN = ["user iot-maint", "topic read iot/v1/#"]


def behind(gateway: str, code: str, device: str | None = None, site: str = "s1") -> Equipment:
    return replace(an_equipment(code, site=site), gateway=gateway, gateway_device=device)


def acl(equipment: Sequence[Equipment], *rules: Mapping[str, object]) -> str:
    return mosquitto_acl(
        equipment, [TopicRule.model_validate({"format": "thingsboard", **rule}) for rule in rules], "iot-maint"
    )


def grants(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def of_user(text: str, user: str) -> list[str]:
    """The lines of one user."""
    lines = grants(text)
    if f"user {user}" not in lines:
        return []
    after = lines[lines.index(f"user {user}") + 1 :]
    return after[: next((number for number, line in enumerate(after) if line.startswith("user ")), None)]


def refusals(text: str) -> list[str]:
    return text.partition("# Not granted:\n")[2].splitlines()


def test_a_device_may_publish_under_its_own_topic_and_the_service_may_only_read() -> None:
    assert grants(acl([an_equipment("P-1")])) == [*OWN, "user P-1", "topic write iot/v1/s1/P-1/telemetry"]


def test_a_gateway_may_publish_for_all_equipment_that_hangs_on_it() -> None:
    hanging = [behind("gw 1", code) for code in ("P-2", "P-1")]
    assert of_user(acl(hanging), "gw 1") == [
        "topic write iot/v1/s1/P-1/telemetry",
        "topic write iot/v1/s1/P-2/telemetry",
    ]


def test_strangers_aliases_and_retired_equipment_may_publish_nothing() -> None:
    nobody = [
        an_equipment("P-1", status=EquipmentStatus.UNREGISTERED),
        an_equipment("P-2", status=EquipmentStatus.RETIRED),
        replace(an_equipment("P-3"), merged_into="P-4"),
    ]
    assert grants(acl(nobody, {"topic": "v1/{equipment}", "site": "s1"})) == [*OWN, "topic read v1/+"]


def test_no_device_gets_the_services_own_name() -> None:
    text = acl([an_equipment("iot-maint")])
    assert grants(text) == OWN
    assert "iot-maint is the service's own user" in text


@pytest.mark.parametrize(
    ("rule", "topic"),
    [
        ({"topic": "{gateway}/v1/devices/me/telemetry"}, "gw/v1/devices/me/telemetry"),
        ({"topic": "{gateway}/{equipment}/up"}, "gw/8650/up"),
        ({"topic": "up/{site}/{gateway}/#"}, "up/s1/gw/#"),
        ({"topic": "lora/+/{equipment}", "gateway": "gw"}, "lora/+/8650"),
        ({"topic": "lora/up", "gateway": "gw"}, "lora/up"),
        ({"topic": "v1/devices/{equipment}/telemetry", "site": "s1"}, "v1/devices/P-1/telemetry"),
        ({"topic": "$oc/devices/{equipment}/sys/#", "site": "s1", "format": "huawei"}, "$oc/devices/P-1/sys/#"),
        ({"topic": "homie/5/{equipment}/{metric}/{metric}", "site": "s1", "format": "homie"}, "homie/5/P-1/+/+"),
        ({"topic": "spBv1.0/yard/#", "format": "sparkplug_b"}, None),
        ({"topic": "{gateway}/up", "site": "another"}, None),
        ({"topic": "lora/{equipment}", "gateway": "another"}, None),
        ({"topic": "v1/{equipment}", "site": "another"}, None),
    ],
)
def test_each_rule_grants_the_topics_that_it_reads_as_that_equipments(
    rule: Mapping[str, object], topic: str | None
) -> None:
    text = acl([behind("gw", "P-1", "8650")], rule)
    own = "topic write iot/v1/s1/P-1/telemetry"
    assert of_user(text, "gw") == ([own] if topic is None else [f"topic write {topic}", own])
    assert refusals(text) == []


def test_the_service_reads_the_filter_of_every_rule_once_and_writes_nothing() -> None:
    rules = ({"topic": "{gateway}/up"}, {"topic": "+/up", "gateway": "x"}, {"topic": "{gateway}/down/#"})
    assert of_user(acl([], *rules), "iot-maint") == [
        "topic read iot/v1/#",
        "topic read +/up",
        "topic read +/down/#",
    ]


@pytest.mark.parametrize("rebirth", [False, True])
def test_a_sparkplug_node_writes_as_itself_hears_its_commands_and_is_asked_only_where_that_is_enabled(
    rebirth: bool,
) -> None:
    rule = {"topic": "spBv1.0/yard/#", "format": "sparkplug_b", "rebirth": rebirth}
    text = acl([behind("yard/edge-1", "P-1", "pump-1"), behind("depot/edge-1", "P-2")], rule)
    assert of_user(text, "yard/edge-1") == [
        "topic write spBv1.0/yard/+/edge-1/#",
        "topic write iot/v1/s1/P-1/telemetry",
        "topic read spBv1.0/yard/NCMD/edge-1",
    ]
    assert of_user(text, "depot/edge-1") == ["topic write iot/v1/s1/P-2/telemetry"]
    commands = ["topic write spBv1.0/yard/NCMD/edge-1"] if rebirth else []
    assert of_user(text, "iot-maint") == ["topic read iot/v1/#", "topic read spBv1.0/yard/#", *commands]


@pytest.mark.parametrize(
    "name",
    ["1#泵", "a+b", "+", "#", "a/b", " P", "P ", "P\u3000", "a\nuser x", "a\rtopic readwrite #", "%u", "x%c", "\0", ""],
)
def test_a_name_that_would_break_the_file_or_reach_further_gets_a_comment_instead(name: str) -> None:
    rules = ({"topic": "{gateway}/{equipment}/up"}, {"topic": "spBv1.0/#", "format": "sparkplug_b"})
    for equipment in (
        an_equipment(name),
        an_equipment("P-9", site=name),
        behind(f"yard/{name}", "P-9"),
        behind("gw", "P-9", name) if name else an_equipment(name),
    ):
        text = acl([equipment, an_equipment("P-1")], *rules)
        assert of_user(text, "P-1") == ["topic write iot/v1/s1/P-1/telemetry"]
        assert len(refusals(text)) >= (0 if equipment.gateway == "yard/a/b" else 1)
        assert all(line.startswith("# ") for line in refusals(text))
        topics = [line.split(" ", 2)[2] for line in grants(text) if line.startswith("topic write")]
        assert all(name.strip() not in topic.split("/") for topic in topics if name.strip())


def test_a_filter_that_breaks_the_file_is_not_read() -> None:
    text = acl([], {"topic": "x\nuser mallory/{gateway}"})
    assert grants(text) == OWN
    (refusal,) = refusals(text)
    assert "has a line break" in refusal


def test_a_grant_never_reaches_topics_that_a_rule_before_reads_as_somebody_elses() -> None:
    first, second = {"topic": "a/{equipment}/x", "site": "s1"}, {"topic": "a/+/{equipment}", "site": "s1"}
    text = acl([an_equipment("x"), an_equipment("y")], first, second)
    assert of_user(text, "x") == ["topic write a/x/x", "topic write iot/v1/s1/x/telemetry"]
    assert of_user(text, "y") == ["topic write a/y/x", "topic write a/+/y", "topic write iot/v1/s1/y/telemetry"]
    (refusal,) = refusals(text)
    assert "equipment x, a/+/x: the rule for a/+/x decides before" in refusal


RULES = [
    {"topic": "{gateway}/up"},
    {"topic": "{gateway}/#"},
    {"topic": "up/{gateway}/{equipment}"},
    {"topic": "up/+/{equipment}", "site": "a"},
    {"topic": "up/{equipment}/#", "site": "a"},
    {"topic": "{site}/{equipment}/+"},
    {"topic": "+/+/{equipment}", "gateway": "a"},
    {"topic": "spBv1.0/#", "format": "sparkplug_b"},
    {"topic": "spBv1.0/+/+/a/{site}", "format": "sparkplug_b"},
    {"topic": "#", "gateway": "up"},
]
LEVELS = st.sampled_from(["a", "b", "up", "NDATA"])  # few, so that they meet
NAMES = st.one_of(LEVELS, LEVELS, st.sampled_from(["+", "#", "a/b", "$a", "iot", "spBv1.0"]))
GATEWAYS = st.one_of(st.none(), LEVELS, NAMES, st.builds("{}/{}".format, LEVELS, LEVELS))
REGISTER = st.lists(
    st.builds(
        lambda code, site, gateway, device: replace(
            an_equipment(code, site=site), gateway=gateway, gateway_device=device if gateway else None
        ),
        NAMES,
        NAMES,
        GATEWAYS,
        st.one_of(st.none(), NAMES),
    ),
    max_size=4,
    unique_by=lambda one: one.code,
)
FLOW = {False: b'{"flow": 1}', True: message(metric("flow", 1.0, datatype=FLOAT))}


@settings(max_examples=400)
@given(st.data(), st.lists(st.sampled_from(RULES), min_size=1, max_size=3), REGISTER)
def test_whatever_a_user_may_publish_is_read_as_his_own(
    data: st.DataObject, rules: list[Mapping[str, object]], register: list[Equipment]
) -> None:
    known = {one.code: one for one in register}

    def devices_of(gateway: str) -> Mapping[str, Equipment]:
        hanging = [one for one in register if one.gateway == gateway]
        return {one.gateway_device or one.code: one for one in hanging}

    topics = TopicMap([TopicRule.model_validate({"format": "thingsboard", **rule}) for rule in rules], devices_of)
    user = ""
    for line in grants(acl(register, *rules)):
        kind, _, rest = line.partition(" ")
        if kind == "user":
            user = rest
        elif rest.startswith("write "):
            topic = "/".join(filled(data, rest.removeprefix("write ").split("/")))
            read = [code for sparkplug in (False, True) for code in telemetry(topics, topic, sparkplug=sparkplug)]
            owners = {known[code].gateway or code for code in read if code in known}
            assert owners <= {user}, (topic, read)


def filled(data: st.DataObject, levels: Sequence[str]) -> list[str]:
    """A topic that the filter matches."""
    parts: list[str] = []
    for level in levels:
        if level == "#":
            parts += data.draw(st.lists(LEVELS, max_size=2))
        else:
            parts.append(data.draw(LEVELS) if level == "+" else level)
    return parts


def telemetry(topics: TopicMap, topic: str, *, sparkplug: bool) -> list[str]:
    try:
        decoded = topics.decode(topic, FLOW[sparkplug], 1_767_225_600_000, SHANGHAI)
    except MalformedTelemetry:
        return []
    return [item.equipment for item in decoded.telemetry]
