import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.domain.catalog import Limit
from iot_maint.services.limit_text import read_limit, write_limit
from iot_maint.services.tables import guard_cell, unguard_cell, write_row

NUMBERS = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False)
POSITIVE = st.floats(min_value=1e-6, max_value=1e6)


@given(st.text())
def test_a_guarded_cell_starts_no_formula_and_is_read_back(text: str) -> None:
    guarded = guard_cell(text)
    assert guarded[:1] not in set("=+-@\t\r")
    assert unguard_cell(guarded) == text


def test_numbers_are_left_as_numbers() -> None:
    assert next(csv.reader([write_row(["=1+1", -0.5, 3, None, True, 'a,"b"'])])) == [
        "'=1+1",
        "-0.5",
        "3",
        "",
        "true",
        'a,"b"',
    ]


@given(
    st.one_of(
        st.builds(Limit, value=NUMBERS),
        st.builds(
            Limit,
            parameter=st.sampled_from(["setpoint", "nameplate.power_kw", "site.pf_target"]),
            times=POSITIVE,
            plus=NUMBERS,
        ),
    )
)
def test_a_limit_in_a_cell_is_read_back(limit: Limit) -> None:
    assert read_limit(write_limit(limit)) == limit


@pytest.mark.parametrize("text", ["inf", "nan", "setpoint*", "0.8*setpoint", "set point*+1", "*2", "a*-1"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is n"):
        read_limit(text)
