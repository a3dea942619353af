"""The parser of line protocol, which messages and recordings share."""

import pytest

from iot_maint.ingest.decoders.line_protocol import Line, parse_line


def test_escapes_quotes_and_marks_of_types_are_taken_away() -> None:
    assert parse_line(r'pump\ house,asset=P\,01 a=1i,b=2u,c=t,d="x\"y, z",e\=f=-1.5e3 17') == Line(
        tags={"asset": "P,01"}, fields={"a": "1", "b": "2", "c": "true", "d": 'x"y, z', "e=f": "-1.5e3"}, time=17
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pump",
        "pump vib",
        "pump vib=",
        "pump,asset vib=1",
        "pump vib=1 soon",
        "pump vib=1,=2",
        "pump vib=1 " + "9" * 30,
    ],
)
def test_what_is_no_line_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_line(text)


@pytest.mark.parametrize("text", ['a "' + '"' * 250_001, "a b=" + "1,c=" * 60_000, "a," + "b=c," * 60_000 + " x=1"])
def test_the_largest_message_is_refused_at_once(text: str) -> None:
    """One that is searched through from each of its characters would stand here for minutes."""
    with pytest.raises(ValueError):
        parse_line(text)
