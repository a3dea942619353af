from iot_maint.catalog.positions import find_line

TOML = """\
schema = 1

# [rules.hot] is only a comment
[rules.hot]
above = 80
clear = { parameter = "setpoint" }

[parameters."site.pf_target"]
name = { zh = "功率因数", en = "Power factor" }

[spares]
seal = { zh = "密封", en = "Seal" }
"""


def test_a_key_is_found_under_its_table() -> None:
    assert find_line(TOML, ("rules", "hot", "above")) == 5


def test_a_key_that_is_missing_is_found_as_its_table() -> None:
    assert find_line(TOML, ("rules", "hot", "basis")) == 4


def test_a_key_of_an_inline_table_is_found_as_that_table() -> None:
    assert find_line(TOML, ("rules", "hot", "clear", "parameter")) == 6
    assert find_line(TOML, ("spares", "seal", "zh")) == 12


def test_a_quoted_key_with_a_dot_is_one_key() -> None:
    assert find_line(TOML, ("parameters", "site.pf_target", "name")) == 9
    assert find_line(TOML, ("parameters", "site", "pf_target")) is None


def test_a_key_that_nothing_leads_to_has_no_line() -> None:
    assert find_line(TOML, ("settle",)) is None
