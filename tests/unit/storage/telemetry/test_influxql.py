import pytest

from iot_maint.domain.errors import StoreRefused, StoreUnavailable
from iot_maint.storage.telemetry.influxql import quote, quote_measurement, quote_metric, read_answer, select, time_range


def test_names_are_quoted_so_that_none_ends_its_quotes() -> None:
    assert quote('a"; DROP MEASUREMENT "x') == r'"a\"; DROP MEASUREMENT \"x"'
    assert quote("a\\b") == r'"a\\b"'


def test_a_name_is_asked_for_as_it_rests() -> None:
    assert quote_measurement("#1") == '"＃1"'
    assert quote_metric("time") == '"time_"'


def test_a_statement_names_its_measurement() -> None:
    statement = select('"v"', source="pump", where=time_range(1, 2), tail="LIMIT 3")

    assert statement == 'SELECT "v" FROM "pump" WHERE time >= 1ms AND time < 2ms LIMIT 3'


def test_a_span_stays_within_what_influxdb_can_hold() -> None:
    assert time_range(-(10**18), 10**18) == "time >= -9223372036854ms AND time < 9223372036854ms"


def test_the_answers_come_by_statement() -> None:
    series = b'{"name":"m","columns":["time","v"],"values":[[1,2]]}'

    nothing, [table] = read_answer(b'{"results":[{"statement_id":0},{"statement_id":1,"series":[%b]}]}' % series)
    assert nothing == []
    assert (table.columns, table.values) == (["time", "v"], [[1.0, 2.0]])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"results":[{"statement_id":0},{"statement_id":1,"error":"database not found: x"}]}', 404),
        (b'{"results":[{"statement_id":0,"error":"unsupported mean iterator type"}]}', 400),
        (b'{"error":"timeout"}', 400),
    ],
)
def test_an_error_inside_a_200_is_an_error(body: bytes, status: int) -> None:
    with pytest.raises(StoreRefused) as refusal:
        read_answer(body)
    assert refusal.value.status == status


def test_an_answer_that_is_no_json_is_no_answer() -> None:
    with pytest.raises(StoreUnavailable):
        read_answer(b"<html>")
