"""Settings: `IOT_MAINT_*` in the environment (secrets also from `*_FILE`), over `iot-maint.toml`, over defaults."""

import json
import os
import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from iot_maint.domain.catalog import Language
from iot_maint.domain.errors import BrokenSetting
from iot_maint.domain.feedback import DEFAULT_REVIEW, ReviewPolicy
from iot_maint.tls import TlsFiles
from iot_maint.topic_rules import TopicRule

PREFIX = "IOT_MAINT_"
FILE_SUFFIX = "_FILE"
SETTINGS_FILE = Path("iot-maint.toml")
NOT_SETTINGS = frozenset({"IOT_MAINT_REQUIRE_SERVICES"})  # read by the tests alone

LAST_PORT = 65_535
LONGEST_WINDOW = timedelta(days=3650)

_SPAN = re.compile(r"(?P<amount>\d+(?:\.\d+)?)(?P<unit>ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_span(value: object) -> object:
    """`90s`, `15m`, `1h`, `7d` as a timedelta; anything else is left to be refused."""
    if isinstance(value, timedelta):
        return value
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is not a time span such as 90s, 15m, 1h or 7d")
    try:
        return timedelta(seconds=float(match["amount"]) * _SECONDS[match["unit"]])
    except OverflowError:
        raise ValueError(f"{value!r} is longer than any time") from None


Span = Annotated[timedelta, BeforeValidator(parse_span)]

_SIZE = re.compile(r"(?P<amount>\d+)(?P<unit>MiB|GiB|TiB)")
_BYTES = {"MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def parse_size(value: object) -> object:
    """`500MiB`, `4GiB`, `1TiB` as bytes; anything else is left to be refused."""
    if isinstance(value, int):
        return value
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is not a size such as 500MiB or 4GiB")
    return int(match["amount"]) * _BYTES[match["unit"]]


Size = Annotated[int, BeforeValidator(parse_size)]

# Below that the spool's own log would be a good part of it.
SMALLEST_SPOOL = 64 * 2**20


def parse_json(value: object) -> object:
    """What the environment holds as JSON text, as the settings file would hold it."""
    if not isinstance(value, str):
        return value
    try:
        parsed: object = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"no JSON: {error}") from None
    return parsed


# The settings' own reader of JSON would fail with an error of another kind, which repeats nothing of what is wrong.
TopicRules = Annotated[tuple[TopicRule, ...], NoDecode, BeforeValidator(parse_json)]


class Settings(BaseSettings):
    """All settings, parsed and frozen.  `docs/settings.md` explains each; names are public."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        # A compose file passes every variable on, also those that nobody set.
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        toml_file=SETTINGS_FILE,
        str_strip_whitespace=True,
    )

    mqtt_url: SecretStr = SecretStr("mqtt://127.0.0.1:1883")
    # Paths, so not …_FILE: under that suffix the file's content would be the value.
    mqtt_tls_ca: Path | None = None
    mqtt_tls_cert: Path | None = None
    mqtt_tls_key: Path | None = None
    telemetry_url: SecretStr | None = None
    telemetry_tls_ca: Path | None = None
    database_url: SecretStr | None = None
    data_dir: Path = Path("iot-maint-data")
    worker: str = Field(default="1", pattern=r"^[A-Za-z0-9_.-]{1,32}$")
    catalog_dir: Path | None = None
    clock: str = "system"
    late_after: Span = timedelta(hours=1)
    frozen_after: Span = timedelta(hours=12)
    silent_after: float = Field(default=3.0, ge=1.5, le=1000)
    repair_check: Span = Field(default=timedelta(hours=24), gt=timedelta(0), le=timedelta(days=365))
    flapping_raises: int = Field(default=3, ge=2, le=1000)
    flapping_quiet: Span = Field(default=timedelta(minutes=10), ge=timedelta(seconds=1), le=timedelta(days=1))
    max_unregistered: int = Field(default=10_000, ge=0)
    max_unknown_metrics: int = Field(default=500, ge=0)
    retention_days: int | None = Field(default=None, ge=1, le=36_500)
    spool_limit: Size = 4 * 2**30
    dead_letter_days: int = Field(default=30, ge=1, le=36_500)
    site_timezone: str = "Asia/Shanghai"
    language: Language = Language.ZH_CN
    http_bind: str = Field(default="127.0.0.1:8000", pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^:\s]+):\d{1,5}$")
    webhook_url: SecretStr | None = None
    webhook_secret: SecretStr | None = None
    model_key: SecretStr | None = None
    model_check_every: Span = timedelta(days=7)
    dask: str | None = None
    dask_tls_ca: Path | None = None
    dask_tls_cert: Path | None = None
    dask_tls_key: Path | None = None
    service_levels: Literal["four-level", "three-level", "premium"] = "four-level"
    review_below: float = Field(default=DEFAULT_REVIEW.below, ge=0, le=1)
    review_judged: int = Field(default=DEFAULT_REVIEW.judged, ge=1)
    review_window: Span = DEFAULT_REVIEW.window
    topics: TopicRules = ()

    @field_validator(
        "mqtt_tls_ca",
        "mqtt_tls_cert",
        "mqtt_tls_key",
        "telemetry_tls_ca",
        "dask_tls_ca",
        "dask_tls_cert",
        "dask_tls_key",
    )
    @classmethod
    def _is_a_path(cls, value: Path | None) -> Path | None:
        if value is not None and "-----BEGIN" in str(value):
            raise ValueError("holds the file's content where its path is expected; set the path, without _FILE")
        return value

    @field_validator("site_timezone")
    @classmethod
    def _zone_is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # "Asia" is a folder of zones
            raise ValueError(f"{value!r} is not an IANA time zone such as Asia/Shanghai") from None
        return value

    @field_validator("spool_limit")
    @classmethod
    def _spool_is_large_enough(cls, value: int) -> int:
        if value < SMALLEST_SPOOL:
            raise ValueError("a spool of less than 64MiB is too small")
        return value

    @field_validator("review_window")
    @classmethod
    def _window_is_a_window(cls, value: timedelta) -> timedelta:
        if not timedelta() < value <= LONGEST_WINDOW:
            raise ValueError(f"must be longer than 0 and at most {LONGEST_WINDOW.days}d")
        return value

    @field_validator("http_bind")
    @classmethod
    def _port_exists(cls, value: str) -> str:
        if int(value.rpartition(":")[2]) > LAST_PORT:
            raise ValueError(f"{value!r} has no such port; ports end at {LAST_PORT}")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Given values, then the environment, then files named by `*_FILE`, then the TOML file."""
        del dotenv_settings, file_secret_settings  # a `.env` or a secrets folder would be a third place to look
        return (init_settings, env_settings, _FileSource(settings_cls), TomlConfigSettingsSource(settings_cls))

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the site."""
        return ZoneInfo(self.site_timezone)

    @property
    def telemetry(self) -> str:
        """The telemetry store's URL, embedded unless set."""
        if self.telemetry_url is None:
            return f"sqlite:///{self.data_dir / 'telemetry.db'}"
        return self.telemetry_url.get_secret_value()

    @property
    def review(self) -> ReviewPolicy:
        """When a rule, detector or forecast asks for review."""
        return ReviewPolicy(below=self.review_below, judged=self.review_judged, window=self.review_window)

    @property
    def mqtt_tls(self) -> TlsFiles:
        """What secures the connection to the broker, beside its URL."""
        return TlsFiles(
            prefix=f"{PREFIX}MQTT_TLS",
            authority=self.mqtt_tls_ca,
            certificate=self.mqtt_tls_cert,
            key=self.mqtt_tls_key,
        )

    @property
    def telemetry_tls(self) -> TlsFiles:
        """What secures the connection to the telemetry store, beside its URL."""
        return TlsFiles(prefix=f"{PREFIX}TELEMETRY_TLS", authority=self.telemetry_tls_ca)

    @property
    def dask_tls(self) -> TlsFiles:
        """What secures the connection to the Dask cluster, beside its URL."""
        return TlsFiles(
            prefix=f"{PREFIX}DASK_TLS",
            authority=self.dask_tls_ca,
            certificate=self.dask_tls_cert,
            key=self.dask_tls_key,
        )

    @property
    def database(self) -> str:
        """The relational database's URL, embedded unless set."""
        if self.database_url is None:
            return f"sqlite:///{self.data_dir / 'iot-maint.db'}"
        return self.database_url.get_secret_value()

    @property
    def bind(self) -> tuple[str, int]:
        """The host and port that the API listens on."""
        host, _, port = self.http_bind.rpartition(":")
        return host.strip("[]"), int(port)


class _FileSource(EnvSettingsSource):
    """Values of `IOT_MAINT_X_FILE`: the content of that file is the value of `IOT_MAINT_X`."""

    def __call__(self) -> dict[str, str]:
        values: dict[str, str] = {}
        for name in self.settings_cls.model_fields:
            variable = f"{PREFIX}{name.upper()}{FILE_SUFFIX}"
            path = os.environ.get(variable)
            if path is None:
                continue
            try:
                values[name] = Path(path).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise BrokenSetting(f"{variable}: cannot read {path}: {error}") from None
        return values


def load_settings() -> Settings:
    """The settings in force; `BrokenSetting` is one line that names the setting, its source and what it accepts."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else "?"
        reason = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            reason = "no such setting"
        raise BrokenSetting(f"{_source_of(key)}{_path_of(first['loc'][1:])}: {reason}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BrokenSetting(f"{SETTINGS_FILE}: {error}") from None


def unknown_variables() -> list[str]:
    """Variables that look like settings and are none: most likely misspelt."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {name + FILE_SUFFIX for name in known} | NOT_SETTINGS
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def _source_of(key: str) -> str:
    variable = PREFIX + key.upper()
    if variable in os.environ:
        return variable
    if variable + FILE_SUFFIX in os.environ:
        return variable + FILE_SUFFIX
    return f"{SETTINGS_FILE}: {key}"


def _path_of(location: tuple[int | str, ...]) -> str:
    """Where within a setting of tables: `[0].registers[2].scale`, entries counted from 0."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
