"""The settings' pages tell of every setting, with the true default and an example that is accepted."""

import re
from pathlib import Path

import pytest

from iot_maint.clock import parse_clock
from iot_maint.ingest.broker_url import parse_broker_url
from iot_maint.settings import PREFIX, SETTINGS_FILE, Settings, load_settings
from iot_maint.storage.relational.engine import parse_database_url
from iot_maint.storage.telemetry.urls import parse_telemetry_url
from tests.documents import SETTINGS_PAGES, blocks, table_rows

KNOWN = {PREFIX + name.upper() for name in Settings.model_fields}
EMBEDDED = {"IOT_MAINT_TELEMETRY_URL": "telemetry.db", "IOT_MAINT_DATABASE_URL": "iot-maint.db"}
LANGUAGES = pytest.mark.parametrize("page", SETTINGS_PAGES, ids=lambda page: page.name)


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)


def code_of(cell: str) -> str | None:
    """The cell's one piece of code, if it is nothing else."""
    match = re.fullmatch(r"`([^`]+)`", cell)
    return match[1] if match else None


@LANGUAGES
def test_every_setting_is_there_once_and_nothing_else(page: Path) -> None:
    names = [code_of(row[0]) for row in table_rows(page)]
    assert names == [PREFIX + name.upper() for name in Settings.model_fields]
    assert all(len(row) == 5 and all(row) for row in table_rows(page))


@LANGUAGES
def test_the_defaults_are_those_of_the_program(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = load_settings()
    for variable, _, default, _, _ in table_rows(page):
        name = code_of(variable)
        assert name is not None
        field = name.removeprefix(PREFIX).lower()
        written = code_of(default)
        if written is not None:
            with monkeypatch.context() as patch:
                patch.setenv(name, written)
                assert getattr(load_settings(), field) == getattr(plain, field), name
        elif name in EMBEDDED:
            assert EMBEDDED[name] in default
        else:
            assert default.startswith(("none", "无"))
            assert getattr(plain, field) is None, name


@LANGUAGES
def test_the_examples_are_accepted(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, *_, example in table_rows(page):
        name, value = code_of(variable), code_of(example)
        assert name is not None
        assert value is not None
        monkeypatch.setenv(name, value)
    settings = load_settings()
    parse_broker_url(settings.mqtt_url.get_secret_value())
    parse_telemetry_url(settings.telemetry)
    parse_database_url(settings.database)
    parse_clock(settings.clock)


@LANGUAGES
def test_the_example_file_is_accepted(page: Path) -> None:
    (example,) = blocks(page, "toml")
    SETTINGS_FILE.write_text(example, "utf-8")
    assert load_settings().retention_days == 730


def test_both_pages_give_the_same_examples() -> None:
    english, chinese = (table_rows(page) for page in SETTINGS_PAGES)
    assert [(row[0], row[4]) for row in english] == [(row[0], row[4]) for row in chinese]
