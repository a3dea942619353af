"""Settings: the environment over files of secrets over `iot-maint.toml` over defaults; one line when one is wrong."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from iot_maint.domain.catalog import Language
from iot_maint.domain.errors import BrokenSetting
from iot_maint.settings import Settings, load_settings, unknown_variables


@pytest.fixture(autouse=True)
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and nothing set."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("IOT_MAINT_")]:
        monkeypatch.delenv(name)


def write(content: str) -> None:
    Path("iot-maint.toml").write_text(content, "utf-8")


def test_without_any_setting_everything_is_embedded_in_one_folder() -> None:
    settings = load_settings()
    assert settings.telemetry == "sqlite:///iot-maint-data/telemetry.db"
    assert settings.database == "sqlite:///iot-maint-data/iot-maint.db"
    assert (settings.worker, settings.late_after) == ("1", timedelta(hours=1))
    assert (settings.language, settings.zone.key) == (Language.ZH_CN, "Asia/Shanghai")
    assert settings.bind == ("127.0.0.1", 8000)


def test_the_environment_stands_over_a_file_of_a_secret_and_that_over_the_settings_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("from its own file\n", "utf-8")
    write('webhook_secret = "from the settings file"\nworker = "w1"\n')

    def secret() -> str:
        value = load_settings().webhook_secret
        return value.get_secret_value() if value is not None else ""

    assert secret() == "from the settings file"
    monkeypatch.setenv("IOT_MAINT_WEBHOOK_SECRET_FILE", str(tmp_path / "secret"))
    assert secret() == "from its own file"
    monkeypatch.setenv("IOT_MAINT_WEBHOOK_SECRET", "from the environment")
    assert secret() == "from the environment"
    assert load_settings().worker == "w1"


def test_secrets_are_not_shown() -> None:
    write('mqtt_url = "mqtt://site:hunter2@broker"\ndatabase_url = "postgresql://u:hunter2@h/d"\n')
    settings = load_settings()
    assert settings.mqtt_url.get_secret_value() == "mqtt://site:hunter2@broker"
    assert "hunter2" not in repr(settings)


def test_the_files_of_tls_are_named_by_their_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOT_MAINT_MQTT_TLS_CA", "ca.pem")
    monkeypatch.setenv("IOT_MAINT_TELEMETRY_TLS_CA", "other.pem")
    settings = load_settings()
    assert (settings.mqtt_tls.authority, settings.mqtt_tls.prefix) == (Path("ca.pem"), "IOT_MAINT_MQTT_TLS")
    assert (settings.telemetry_tls.authority, settings.telemetry_tls.given) == (
        Path("other.pem"),
        ("IOT_MAINT_TELEMETRY_TLS_CA",),
    )
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n", "utf-8")
    monkeypatch.delenv("IOT_MAINT_MQTT_TLS_CA")
    monkeypatch.setenv("IOT_MAINT_MQTT_TLS_CA_FILE", str(tmp_path / "ca.pem"))
    with pytest.raises(BrokenSetting, match=r"IOT_MAINT_MQTT_TLS_CA_FILE: .* set the path, without _FILE"):
        load_settings()


def test_spans_are_written_with_their_unit() -> None:
    for text, span in (("90s", timedelta(seconds=90)), ("1.5h", timedelta(minutes=90)), ("7d", timedelta(days=7))):
        assert Settings.model_validate({"late_after": text}).late_after == span


def test_sizes_are_written_with_their_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().spool_limit == 4 * 2**30
    for text, size in (("64MiB", 64 * 2**20), ("20GiB", 20 * 2**30), ("1TiB", 2**40)):
        monkeypatch.setenv("IOT_MAINT_SPOOL_LIMIT", text)
        assert load_settings().spool_limit == size


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOT_MAINT_WEBHOOK_URL", "")
    monkeypatch.setenv("IOT_MAINT_RETENTION_DAYS", "")
    settings = load_settings()
    assert settings.webhook_url is None
    assert settings.retention_days is None


def test_an_address_of_version_6_is_bound_without_its_brackets() -> None:
    assert Settings.model_validate({"http_bind": "[::1]:8080"}).bind == ("::1", 8080)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LATE_AFTER", "3600", "'3600' is not a time span such as 90s"),
        ("LATE_AFTER", "999999999999999d", "longer than any time"),
        ("SITE_TIMEZONE", "Mars/Olympus", "not an IANA time zone"),
        ("SITE_TIMEZONE", "Asia", "not an IANA time zone"),
        ("SITE_TIMEZONE", "../../etc/passwd", "not an IANA time zone"),
        ("LANGUAGE", "fr", "'zh-CN' or 'en'"),
        ("WORKER", "../1", "match pattern"),
        ("MAX_UNREGISTERED", "many", "valid integer"),
        ("MAX_UNREGISTERED", "-1", "greater than or equal to 0"),
        ("RETENTION_DAYS", "0", "greater than or equal to 1"),
        ("RETENTION_DAYS", "99999999", "less than or equal to 36500"),
        ("SPOOL_LIMIT", "4294967296", "is not a size such as 500MiB or 4GiB"),
        ("SPOOL_LIMIT", "4GB", "is not a size such as 500MiB or 4GiB"),
        ("SPOOL_LIMIT", "63MiB", "less than 64MiB is too small"),
        ("DEAD_LETTER_DAYS", "0", "greater than or equal to 1"),
        ("HTTP_BIND", "localhost", "match pattern"),
        ("SERVICE_LEVELS", "gold", "'four-level'"),
        ("WEBHOOK_SECRET_FILE", "nowhere", "cannot read nowhere"),
        ("MQTT_TLS_CA", "-----BEGIN CERTIFICATE-----", "set the path, without _FILE"),
    ],
)
def test_a_wrong_variable_is_one_line_with_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"IOT_MAINT_{name}", value)
    with pytest.raises(BrokenSetting) as refusal:
        load_settings()
    assert str(refusal.value).startswith(f"IOT_MAINT_{name}: ")
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("worker = ", "iot-maint.toml: Invalid value"),
        ("nonsense = 1", "iot-maint.toml: nonsense: no such setting"),
        ('max_unregistered = "many"', "iot-maint.toml: max_unregistered: "),
        ("[mqtt_url]\nhost = 1", "iot-maint.toml: mqtt_url: "),
    ],
)
def test_a_broken_settings_file_is_one_line_with_the_key(content: str, said: str) -> None:
    write(content)
    with pytest.raises(BrokenSetting) as refusal:
        load_settings()
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_settings_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "iot-maint.toml").write_bytes('data_dir = "数据"'.encode("gbk"))
    with pytest.raises(BrokenSetting, match=r"iot-maint\.toml: 'utf-8' codec can't decode"):
        load_settings()


def test_a_secret_of_the_wrong_type_is_not_repeated() -> None:
    write("webhook_secret = 20260101")
    with pytest.raises(BrokenSetting) as refusal:
        load_settings()
    assert "20260101" not in str(refusal.value)


def test_variables_that_no_setting_has_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IOT_MAINT_MQTT_URI", "IOT_MAINT_WEBHOOK_SECRET_FILE", "IOT_MAINT_REQUIRE_SERVICES"):
        monkeypatch.setenv(name, "x")
    assert unknown_variables() == ["IOT_MAINT_MQTT_URI"]
