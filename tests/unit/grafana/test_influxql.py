"""The one place where names enter the queries of boards."""

import pytest

from grafana.influxql import any_of, call, name


def test_names_and_values_are_quoted() -> None:
    assert name("vib_rms") == '"vib_rms"'
    assert call("last", "vib_rms", named="振动") == 'last("vib_rms") AS "振动"'
    assert any_of("event", ["opened", "reopened"]) == "(\"event\" = 'opened' OR \"event\" = 'reopened')"


@pytest.mark.parametrize("text", ['a"b', "a'b", "a\\b", "a\nb"])
def test_what_could_end_its_quotes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no place in a query"):
        name(text)
    with pytest.raises(ValueError, match="no place in a query"):
        call("last", text)
    with pytest.raises(ValueError, match="no place in a query"):
        any_of("event", [text])
