"""A broken equipment type is refused, and the one line says which file, line and key are wrong."""

from pathlib import Path

import pytest

from iot_maint.catalog import load_catalog, load_type
from iot_maint.domain.errors import BrokenCatalog, BrokenSetting

SOUND = Path(__file__).with_name("chiller.toml").read_text(encoding="utf-8")

WARNING = 'metric = "water_temp"\nabove = 12\nclear = 11.5\nfor = "10m"'

# name → what stands in the sound file, what replaces it, key that the error names, and why
BROKEN: dict[str, tuple[str, str, str, str]] = {
    "other schema": ("schema = 1", "schema = 2", "schema", "1"),
    "no schema": ("schema = 1\n", "", "schema", "is missing"),
    "reserved name": ('type = "chiller"', 'type = "work_order_event"', "type", "reserved"),
    "unknown table": ("[trades]", "[trade]", "trade", "unknown key; allowed: schema, type,"),
    "unknown key": (WARNING, WARNING + "\nlimit = 12", "rules.water_temp_warning.limit", "unknown key; allowed: m"),
    "unknown unit": ('unit = "s"', 'unit = "sec"', "metrics.start_time.unit", 'unknown unit "sec"; known: '),
    "unit of a parameter": (
        'Leaving water setpoint" }\nunit = "°C"',
        'Leaving water setpoint" }\nunit = "K"',
        "rules.water_temp_off_setpoint.below",
        "setpoint is in K, but water_temp in °C",
    ),
    "undeclared metric": (
        WARNING,
        WARNING.replace("water_temp", "watre_temp"),
        "rules.water_temp_warning.metric",
        "metric watre_temp is not declared; declared: running, water_temp",
    ),
    "undeclared parameter": (
        'clear = { parameter = "setpoint"',
        'clear = { parameter = "site.setpoint"',
        "rules.water_temp_off_setpoint.clear",
        "parameter site.setpoint is not declared",
    ),
    "parameter of no known family": (
        "[parameters.setpoint]",
        '[parameters."my.setpoint"]',
        "parameters.my.setpoint",
        "setpoint",
    ),
    "undeclared fault mode": (
        "[fault_modes.CHL-WARM]",
        "[fault_modes.CHL-HOT]",
        "rules.water_temp_warning.fault_mode",
        "fault mode CHL-WARM is not declared; declared: CHL-HOT",
    ),
    "undeclared spare": ('spares = ["filter"]', 'spares = ["oil"]', "fault_modes.CHL-WARM.spares", "spare oil"),
    "undeclared driver": (
        'spares = ["filter"]',
        'spares = ["filter"]\ndrivers = ["sunshine"]',
        "fault_modes.CHL-WARM.drivers",
        "metric sunshine",
    ),
    "driver that is a symptom": (
        'spares = ["filter"]',
        'spares = ["filter"]\ndrivers = ["water_temp"]',
        "fault_modes.CHL-WARM.drivers",
        "explain its own fault away",
    ),
    "undeclared trade": ('trade = "hvac"', 'trade = "roofer"', "fault_modes.CHL-WARM.trade", "trade roofer"),
    "undeclared kind of a rule": (
        'kinds = ["screw"]',
        'kinds = ["scroll"]',
        "rules.water_temp_critical.kinds",
        "kind scroll is not declared; declared: screw",
    ),
    "clear limit on the wrong side": (
        "clear = 11.5",
        "clear = 12.5",
        "rules.water_temp_warning.clear",
        "12.5 must lie below the limit 12",
    ),
    "clear limit equal to its limit": (
        "clear = 11.5",
        "clear = 12",
        "rules.water_temp_warning.clear",
        "12 must lie below the limit 12",
    ),
    "relative clear limit on the wrong side": (
        "plus = -1.8",
        "plus = -2.1",
        "rules.water_temp_off_setpoint.clear",
        "must lie above the limit setpoint × 1 -2",
    ),
    "absolute clear limit of a relative one": (
        'clear = { parameter = "setpoint", plus = -1.8 }',
        "clear = 5",
        "rules.water_temp_off_setpoint.clear",
        "must be relative to setpoint like the limit, not 5",
    ),
    "infinite limit": ("above = 12\n", "above = inf\n", "rules.water_temp_warning.above", "finite"),
    "limit that is text": ("above = 12\n", 'above = "12"\n', "rules.water_temp_warning.above", "must be a number"),
    "limit outside the metric's range": (
        "above = 12\nclear = 11.5",
        "above = 120\nclear = 11.5",
        "rules.water_temp_warning.above",
        "120 is outside the range of water_temp, -inf to 90",
    ),
    "no limit": ("above = 12\n", "", "rules.water_temp_warning", "needs a limit: exactly one of above, below, is"),
    "two limits": (
        "above = 12\n",
        "above = 12\nbelow = 3\n",
        "rules.water_temp_warning",
        "need clear_above and clear_below",
    ),
    "both sides with a clear limit on the wrong side": (
        "above = 12\nclear = 11.5",
        "above = 12\nclear_above = 11.5\nbelow = 3\nclear_below = 2",
        "rules.water_temp_warning.clear_below",
        "2 must lie above the limit 3",
    ),
    "a schedule that is not declared": (
        "above = 12\nclear = 11.5",
        'above = 12\nclear = 11.5\nonly = ["night"]',
        "rules.water_temp_warning.only",
        "schedule night is not declared",
    ),
    "a schedule of no hours": (
        "[rules.water_temp_warning]",
        '[schedules.night]\nhours = "22-6"\n\n[rules.water_temp_warning]',
        "schedules.night.hours",
        'must be hours such as "22:00-06:00"',
    ),
    "another limit on the other side": (
        "above = 12\nclear = 11.5",
        "above = 12\nclear = 11.5\nduring = { night = { below = 10, clear = 9.5 } }",
        "rules.water_temp_warning",
        "during.night needs a limit on the side of the rule's own",
    ),
    "another clear limit on the wrong side": (
        "[rules.water_temp_warning]\n",
        '[schedules.night]\nhours = "22:00-06:00"\n\n[rules.water_temp_warning.during.night]\n'
        "above = 10\nclear = 10.5\n\n"
        "[rules.water_temp_warning]\n",
        "rules.water_temp_warning.during.night.clear",
        "10.5 must lie below the limit 10",
    ),
    "no clear limit": ("clear = 11.5\n", "", "rules.water_temp_warning", "need a clear limit"),
    "missed before it can come": (
        "[metrics.water_temp]\n",
        '[metrics.water_temp]\nno_data = "1s"\n',
        "metrics.water_temp",
        "no_data must be longer than the interval",
    ),
    "a base that learns longer than it lasts": (
        "learn = 7",
        "learn = 31",
        "rules.start_time_drift.baseline",
        "learn = 31 must be at most days = 30",
    ),
    "a base of unknown settings": (
        "learn = 7",
        "learns = 7",
        "rules.start_time_drift.baseline.learns",
        "unknown key; allowed: days, learn, hold",
    ),
    "two kinds in one rule": (
        "baseline = { days = 30, learn = 7 }",
        'baseline = { days = 30, learn = 7 }\nrate = { window = "1h" }',
        "rules.start_time_drift",
        "baseline and rate are two kinds of rule",
    ),
    "starts of a number": (
        "baseline = { days = 30, learn = 7 }",
        'starts = { window = "1h" }',
        "rules.start_time_drift.starts",
        "start_time is a number: needs a boolean",
    ),
    "a share of nothing": (
        "baseline = { days = 30, learn = 7 }",
        'share = { window = "1d" }',
        "rules.start_time_drift.share",
        "needs above, below, or both",
    ),
    "a window that is too long": (
        "baseline = { days = 30, learn = 7 }",
        'rate = { window = "31d" }',
        "rules.start_time_drift.rate.window",
        "must be from 10s to 30d",
    ),
    "a window of no duration": (
        "baseline = { days = 30, learn = 7 }",
        "rate = { window = 60 }",
        "rules.start_time_drift.rate.window",
        "must be a duration",
    ),
    "a rule without a metric": (
        'metric = "start_time"\nbaseline',
        "baseline",
        "rules.start_time_drift",
        "needs a metric",
    ),
    "a condition that is written wrongly": (
        "baseline = { days = 30, learn = 7 }\nabove = 20\nclear = 18\noccurrences = 5",
        'sequence = { after = "running ==", until = "running == 1" }\nabove = 20\nclear = 18\nfor = "0s"',
        "rules.start_time_drift.sequence.after",
        "column 11: expected a number, a name or ( but found the end",
    ),
    "a condition over an unknown metric": (
        "baseline = { days = 30, learn = 7 }\nabove = 20\nclear = 18\noccurrences = 5",
        'sequence = { after = "running == 0 and speed > 3", until = "running" }\nabove = 20\nclear = 18\nfor = "0s"',
        "rules.start_time_drift.sequence.after",
        "column 18: metric or parameter speed is not declared",
    ),
    "a combination of unknown rules": (
        'metric = "start_time"\nbaseline = { days = 30, learn = 7 }\nabove = 20\nclear = 18\noccurrences = 5',
        'when = "start_time_warning and warm"\nis = true\nfor = "0s"',
        "rules.start_time_drift.when",
        "column 24: rule warm is not declared",
    ),
    "a combination that stands while nothing does": (
        'metric = "start_time"\nbaseline = { days = 30, learn = 7 }\nabove = 20\nclear = 18\noccurrences = 5',
        'when = "not start_time_warning"\nis = true\nfor = "0s"',
        "rules.start_time_drift.when",
        "is true while no rule stands",
    ),
    "a combination of numbers": (
        'metric = "start_time"\nbaseline = { days = 30, learn = 7 }\nabove = 20\nclear = 18\noccurrences = 5',
        'when = "start_time_warning + start_time_warning"\nis = true\nfor = "0s"',
        "rules.start_time_drift.when",
        "column 20: + is no and, or, not over rules",
    ),
    "gate without running": (
        "[metrics.running]",
        "[metrics.moving]",
        "rules.water_temp_warning.gated",
        "needs the metric running",
    ),
    "running that is no boolean": (
        'kind = "boolean"',
        'kind = "number"',
        "metrics.running",
        'needs kind = "boolean"',
    ),
    "dwell on what occurs": (
        "occurrences = 5",
        'for = "60s"',
        "rules.start_time_warning.for",
        "start_time comes per cycle: use occurrences instead",
    ),
    "occurrences of what comes by the clock": (
        'for = "10m"\nseverity = "warning"\nfault_mode = "CHL-WARM"\ngated',
        'occurrences = 5\nseverity = "warning"\nfault_mode = "CHL-WARM"\ngated',
        "rules.water_temp_warning.occurrences",
        "water_temp comes by the clock: use a duration instead",
    ),
    "no occurrences at all": ("occurrences = 5", "occurrences = 0", "rules.start_time_warning.occurrences", "at least"),
    "dwell and occurrences": ("occurrences = 5", 'occurrences = 5\nfor = "0s"', "rules.start_time_warning", "not both"),
    "duration of a thousand years": (
        'for = "5m"',
        'for = "365000d"',
        "rules.water_temp_critical.for",
        "is longer than 3650 days",
    ),
    "duration that no clock counts": (
        'for = "5m"',
        f'for = "{"9" * 400}d"',
        "rules.water_temp_critical.for",
        "is longer than 3650 days",
    ),
    "duration without a unit": ('for = "5m"', "for = 300", "rules.water_temp_critical.for", '"10m"'),
    "gap shorter than the interval": (
        WARNING,
        WARNING + '\nmax_gap = "30s"',
        "rules.water_temp_warning.max_gap",
        "shorter than the interval",
    ),
    "interval and occurs": ('occurs = "cycle"', 'occurs = "cycle"\ninterval = "60s"', "metrics.start_time", "not both"),
    "neither interval nor occurs": ('occurs = "cycle"\n', "", "metrics.start_time", 'either interval = "60s"'),
    "range upside down": ("max = 90", "max = 90\nmin = 95", "metrics.water_temp.min", "95 must be below max 90"),
    "is on a number": (
        "above = 30\nclear = 28",
        "is = true",
        "rules.start_time_warning.is",
        "start_time is a number: use above or below",
    ),
    "above on a boolean": (
        WARNING,
        WARNING.replace("water_temp", "running"),
        "rules.water_temp_warning.above",
        "running is a boolean: use is",
    ),
    "limit on a counter": (
        WARNING,
        WARNING.replace("water_temp", "hours"),
        "rules.water_temp_warning.metric",
        "hours is a counter",
    ),
    "limit on an enum": (
        WARNING,
        WARNING.replace("water_temp", "mode"),
        "rules.water_temp_warning.metric",
        "mode is an enum",
    ),
    "critical less extreme than its warning": (
        "above = 15\nclear = 14.5",
        "above = 11.8\nclear = 11.6",
        "rules.water_temp_critical.above",
        "critical at 11.8 is crossed before water_temp_warning at 12",
    ),
    "enum without members": ('members = ["cooling", "ice"]\n', "", "metrics.mode.members", "belong together"),
    "members twice": ('"ice"]', '"ice", "ice"]', "metrics.mode.members", "twice"),
    "no Chinese text": ('zh = "冷凝器脏污", ', "", "fault_modes.CHL-WARM.cause.zh", "is missing"),
    "no English text": (', en = "Screw"', "", "kinds.screw.en", "is missing"),
    "blank English text": ('en = "Screw"', 'en = " "', "kinds.screw.en", "at least 1 character"),
    "urgency without critical": (", critical = 2", "", "fault_modes.CHL-WARM.urgency.critical", "is missing"),
    "urgency that does not exist": ("critical = 2", "critical = 5", "fault_modes.CHL-WARM.urgency.critical", "4"),
    "basis without a source": (
        '{ standard = "GB/T 18430.1" }',
        '"somebody said so"',
        "rules.water_temp_critical.basis",
        '"engineering default" or { standard =',
    ),
    "plan that never comes due": (
        'every = "365d"\nmeter = "hours"\nevery_hours = 4000\n',
        "",
        "plans.year",
        'needs every = "30d"',
    ),
    "plan on a meter that is none": ('meter = "hours"', 'meter = "water_temp"', "plans.year.meter", "counter in h"),
    "plan with hours of no meter": ('meter = "hours"\n', "", "plans.year", "belong together"),
    "plan of half days": ('every = "365d"', 'every = "36h"', "plans.year", "whole days"),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "chiller.toml"


def test_the_file_that_the_others_break_is_sound(file: Path) -> None:
    file.write_text(SOUND, encoding="utf-8")

    assert load_type(file).name == "chiller"


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_file_line_and_key(file: Path, name: str) -> None:
    old, new, key, reason = BROKEN[name]
    assert SOUND.count(old) >= 1, "the replacement would change nothing"
    broken = SOUND.replace(old, new, 1)
    file.write_text(broken, encoding="utf-8")

    with pytest.raises(BrokenCatalog) as refusal:
        load_type(file)

    message = str(refusal.value)
    assert message.startswith("chiller.toml:"), message
    assert f": {key}: " in message
    assert reason in message.split(f": {key}: ")[1]
    assert "\n" not in message


@pytest.mark.parametrize("word", ["1", "0", "3.5", "1e3", "nan", "on", "OFF", "开", "关", "true", "False"])
def test_an_enum_member_that_reads_as_a_number_or_boolean_is_refused(file: Path, word: str) -> None:
    file.write_text(SOUND.replace('"ice"', f'"{word}"'), encoding="utf-8")

    with pytest.raises(BrokenCatalog, match=r"metrics\.mode\.members: .* reads as a number or boolean"):
        load_type(file)


def test_a_rule_for_kinds_its_metric_does_not_exist_on_is_refused(file: Path) -> None:
    two_kinds = SOUND.replace("[kinds]", '[kinds]\nscroll = { zh = "涡旋式", en = "Scroll" }')
    file.write_text(two_kinds.replace("max = 90", 'max = 90\nkinds = ["scroll"]'), encoding="utf-8")

    with pytest.raises(BrokenCatalog, match=r"rules\.water_temp_critical\.kinds: water_temp exists on scroll only"):
        load_type(file)


def test_the_line_is_that_of_the_key(file: Path) -> None:
    file.write_text(SOUND.replace("clear = 11.5", "clear = 12.5"), encoding="utf-8")
    line = SOUND.splitlines().index("clear = 11.5") + 1

    with pytest.raises(BrokenCatalog, match=rf"^chiller\.toml:{line}: rules\.water_temp_warning\.clear: "):
        load_type(file)


def test_text_that_is_not_toml_is_refused_with_its_line(file: Path) -> None:
    file.write_text("schema = 1\ntype = chiller\n", encoding="utf-8")

    with pytest.raises(BrokenCatalog, match=r"^chiller\.toml:2: not TOML: "):
        load_type(file)


def test_a_file_that_is_not_utf_8_is_refused(file: Path) -> None:
    file.write_bytes(SOUND.encode("gbk"))

    with pytest.raises(BrokenCatalog, match=r"^chiller\.toml: is not UTF-8 text"):
        load_type(file)


def test_a_file_that_does_not_exist_is_refused(file: Path) -> None:
    with pytest.raises(BrokenCatalog, match=r"^chiller\.toml: cannot be read: "):
        load_type(file)


def test_a_second_type_of_the_same_name_is_refused(file: Path) -> None:
    file.write_text(SOUND.replace('type = "chiller"', 'type = "pump"'), encoding="utf-8")

    with pytest.raises(BrokenCatalog, match=r"^chiller\.toml:3: type: pump is already declared by pump\.toml"):
        load_catalog(file.parent)


def test_a_catalog_directory_that_does_not_exist_is_a_broken_setting(tmp_path: Path) -> None:
    with pytest.raises(BrokenSetting, match=r"IOT_MAINT_CATALOG_DIR: .* is not a directory"):
        load_catalog(tmp_path / "nowhere")


def test_an_unknown_service_level_profile_names_those_there_are() -> None:
    with pytest.raises(BrokenSetting, match=r'"gold" is not declared .* four-level, three-level, premium'):
        load_catalog(service_level_profile="gold")


CAUSE = '\n[causes.CHL-WARM]\nexplains = ["pump/*"]\nbefore = "5m"\nsettle = "15m"\n'

# what stands in the cause above, what replaces it, key that the error names, and why
BROKEN_CAUSES: dict[str, tuple[str, str, str, str]] = {
    "undeclared cause": ("causes.CHL-WARM", "causes.CHL-HOT", "causes.CHL-HOT", "fault mode CHL-HOT is not declared"),
    "undeclared type": ("pump/*", "pumps/*", "causes.CHL-WARM.explains", "equipment type pumps is not declared"),
    "undeclared symptom": ("pump/*", "pump/PMP-X", "causes.CHL-WARM.explains", "fault mode of pump PMP-X is not decl"),
    "no type": ("pump/*", "PMP-BEAR", "causes.CHL-WARM.explains.0", "pattern"),
    "nothing": ('"pump/*"', "", "causes.CHL-WARM.explains", "at least 1"),
    "no settle time": ('settle = "15m"\n', "", "causes.CHL-WARM.settle", "is missing"),
}


def test_a_cause_is_read_with_what_it_explains(file: Path) -> None:
    file.write_text(SOUND + CAUSE, encoding="utf-8")

    (cause,) = load_catalog(file.parent).types["chiller"].causes.values()
    assert cause.may_explain("pump", "PMP-BEAR")
    assert not cause.may_explain("elevator", "ELV-HVAC")


@pytest.mark.parametrize("name", BROKEN_CAUSES)
def test_a_broken_cause_is_refused_with_file_line_and_key(file: Path, name: str) -> None:
    old, new, key, reason = BROKEN_CAUSES[name]
    assert CAUSE.count(old) == 1, "the replacement would change nothing"
    file.write_text(SOUND + CAUSE.replace(old, new), encoding="utf-8")

    with pytest.raises(BrokenCatalog) as refusal:
        load_catalog(file.parent)

    message = str(refusal.value)
    assert message.startswith("chiller.toml:"), message
    assert reason in message.split(f": {key}: ")[1]
