"""Which decoder a topic gets, and whose its data is."""

from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.domain.equipment import Equipment
from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.ingest.decoders import canonical
from iot_maint.ingest.topic_map import TopicMap
from iot_maint.topic_rules import TopicRule
from tests.payload_files import REGISTER, SHANGHAI

OWN = "iot/v1/yard/P-01/telemetry"
VALUE = b'{"vib_rms": 2.1}'


def a_map(*rules: Mapping[str, object], loaded: bool = True) -> TopicMap:
    def devices_of(gateway: str) -> Mapping[str, Equipment] | None:
        return REGISTER.get(gateway, {}) if loaded else None

    return TopicMap([TopicRule.model_validate({"format": "thingsboard", **rule}) for rule in rules], devices_of)


def identity(topics: TopicMap, topic: str, payload: bytes = VALUE) -> tuple[str, str]:
    (telemetry,) = topics.decode(topic, payload, 0, SHANGHAI).telemetry
    return telemetry.site, telemetry.equipment


def refusal(topics: TopicMap, topic: str, payload: bytes = VALUE) -> str:
    with pytest.raises(MalformedTelemetry) as refused:
        topics.decode(topic, payload, 0, SHANGHAI)
    return refused.value.reason


def test_without_rules_the_plain_decoder_is_called_without_any_detour() -> None:
    assert a_map().decode is canonical.decode
    assert a_map().topic_filters == ("iot/v1/+/+/telemetry",)


def test_the_own_topic_is_always_there_beside_the_rules() -> None:
    topics = a_map({"topic": "tb/{site}/{equipment}"}, {"topic": "other/{site}/{equipment}"})
    assert topics.topic_filters == ("iot/v1/+/+/telemetry", "tb/+/+", "other/+/+")
    assert identity(topics, OWN) == ("yard", "P-01")
    assert identity(topics, "tb/yard/P-02") == ("yard", "P-02")


def test_the_first_rule_that_matches_decides() -> None:
    topics = a_map({"topic": "tb/{site}/{equipment}"}, {"topic": "tb/+/{equipment}", "site": "depot"})
    assert identity(topics, "tb/yard/P-02") == ("yard", "P-02")


def test_a_topic_of_no_rule_is_no_telemetry() -> None:
    assert refusal(a_map({"topic": "tb/{site}/{equipment}"}), "tb/yard/P-02/more") == "bad_topic"


@pytest.mark.parametrize(
    ("template", "topic", "matches"),
    [
        ("a/{equipment}/#", "a/P-01", True),
        ("a/{equipment}/#", "a/P-01/b/c", True),
        ("a/{equipment}/#", "a", False),
        ("a/{equipment}/+", "a/P-01", False),
        ("a/{equipment}/b.c", "a/P-01/bxc", False),
        ("{equipment}/#", "$SYS/x", False),
        ("+/{equipment}", "$SYS/x", False),
        ("/a/{equipment}", "/a/P-01", True),
        ("/a/{equipment}", "a/P-01", False),
    ],
)
def test_templates_match_as_mqtt_filters_do(template: str, topic: str, matches: bool) -> None:
    topics = a_map({"topic": template, "site": "yard"})
    if matches:
        assert identity(topics, topic) == ("yard", "P-01")
    else:
        assert refusal(topics, topic) == "bad_topic"


def test_a_topic_of_endless_length_is_refused_before_anything_remembers_it() -> None:
    assert refusal(a_map({"topic": "a/{gateway}/#"}), "a/lonely/" + "x" * 2000) == "bad_topic"


def test_behind_a_gateway_names_are_those_of_the_register() -> None:
    topics = a_map({"topic": "{gateway}/{equipment}"})
    assert identity(topics, "868120/8650") == ("yard", "P-03")
    assert refusal(topics, "868120/P-03") == "wrong_identity"
    assert refusal(topics, "gw-1/P-09") == "wrong_identity"
    assert refusal(topics, "gw-9/P-01") == "wrong_identity"


def test_a_gateway_may_be_named_by_the_rule() -> None:
    assert identity(a_map({"topic": "x/{equipment}", "gateway": "868120"}), "x/8650") == ("yard", "P-03")


def test_a_message_that_names_nothing_is_of_the_only_equipment_behind_its_gateway() -> None:
    topics = a_map({"topic": "{gateway}/up"})
    assert identity(topics, "lonely/up") == ("yard", "P-09")
    assert refusal(topics, "gw-1/up") == "wrong_identity"


def test_payload_and_topic_must_name_the_same() -> None:
    topics = a_map({"topic": "lp/{equipment}", "site": "yard", "format": "line_protocol"})
    assert identity(topics, "lp/P-01", b"pump,equipment=P-01 a=1") == ("yard", "P-01")
    assert refusal(topics, "lp/P-01", b"pump,equipment=P-02 a=1") == "wrong_identity"


def test_before_the_register_was_read_nobody_s_identity_is_called_wrong() -> None:
    topics = a_map({"topic": "{gateway}/up"}, loaded=False)
    assert refusal(topics, "lonely/up") == "register_unread"


def test_a_site_in_the_topic_stands_so_that_a_foreign_one_is_refused_at_the_door() -> None:
    assert identity(a_map({"topic": "{site}/{gateway}/up"}), "depot/lonely/up") == ("depot", "P-09")


@given(st.text(alphabet="a/{}+#$\0é\ud800", max_size=20), st.sampled_from(["{gateway}/{equipment}", "a/{gateway}/#"]))
def test_any_topic_is_matched_or_refused(topic: str, template: str) -> None:
    with suppress(MalformedTelemetry):
        a_map({"topic": template}).decode(topic, VALUE, 0, SHANGHAI)


def test_one_site_has_filters_of_its_own_where_the_topic_or_the_rule_names_it() -> None:
    topics = a_map(
        {"topic": "tb/{site}/{equipment}"},
        {"topic": "yard/{equipment}/up", "site": "yard"},
        {"topic": "{gateway}/v1/devices/me/telemetry"},
    )
    assert topics.filters_at("yard") == ("iot/v1/yard/+/telemetry", "tb/yard/+", "yard/+/up")
    assert topics.filters_at("depot") == ("iot/v1/depot/+/telemetry", "tb/depot/+")


@pytest.mark.parametrize(
    ("topic", "site"),
    [
        (OWN, "yard"),
        ("tb/depot/P-02", "depot"),
        ("up/P-03", "yard"),
        ("gw-7/v1/devices/me/telemetry", None),
        ("iot/v1/yard/P-01/other", None),
        ("iot/v1/ /P-01/telemetry", None),
    ],
)
def test_the_site_that_a_topic_names(topic: str, site: str | None) -> None:
    topics = a_map(
        {"topic": "tb/{site}/{equipment}"},
        {"topic": "up/{equipment}", "site": "yard"},
        {"topic": "{gateway}/v1/devices/me/telemetry"},
    )
    assert topics.site_in(topic) == site
