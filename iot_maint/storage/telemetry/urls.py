"""`IOT_MAINT_TELEMETRY_URL`, parsed once."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from iot_maint.domain.errors import BrokenSetting
from iot_maint.tls import TlsFiles, tls_context

SYSTEM_AUTHORITIES = TlsFiles(prefix="IOT_MAINT_TELEMETRY_TLS")
SETTING = "IOT_MAINT_TELEMETRY_URL"
ACCEPTED = "influxdb://:TOKEN@host:8086/ORG/BUCKET, influxdbs://… (TLS) or sqlite:///path"
DEFAULT_PORT = 8086
_SCHEMES = {"influxdb": "http", "influxdbs": "https"}


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxAddress:
    """A bucket of an InfluxDB 2.x; `base_url` is `http(s)://host:port`."""

    base_url: str
    org: str
    bucket: str
    token: str = field(repr=False)
    tls_files: TlsFiles = SYSTEM_AUTHORITIES

    def tls_context(self) -> ssl.SSLContext | None:
        """What to secure the connection with, None for one in the clear."""
        return tls_context(self.tls_files) if self.base_url.startswith("https:") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteAddress:
    """A database file; relative paths count from the working directory."""

    path: Path


def parse_telemetry_url(url: str, tls_files: TlsFiles = SYSTEM_AUTHORITIES) -> InfluxAddress | SqliteAddress:
    """The address behind the URL; `BrokenSetting` says what is missing and never repeats the token."""
    scheme = url.partition("://")[0].lower()
    if tls_files.given and scheme in {"sqlite", "influxdb"}:
        raise _broken(f"{', '.join(tls_files.given)} would be without effect: the scheme is {scheme}, without TLS")
    if scheme == "sqlite":
        return _parse_sqlite(url)
    if scheme in _SCHEMES:
        address = _parse_influx(url, _SCHEMES[scheme], tls_files)
        address.tls_context()  # a file that cannot be used is told of at the start
        return address
    raise BrokenSetting(f"{SETTING}: no store of this scheme; accepted: {ACCEPTED}")


def _parse_sqlite(url: str) -> SqliteAddress:
    # As SQLAlchemy reads it: three slashes, then the path; a fourth slash makes it absolute.
    marker, slashes, path = url.partition(":///")
    if not slashes or not path or "/" in marker:
        raise BrokenSetting(f"{SETTING}: a SQLite file is sqlite:///relative/path or sqlite:////absolute/path")
    if path == ":memory:":
        raise BrokenSetting(f"{SETTING}: telemetry must rest in a file; give sqlite:///path instead of :memory:")
    return SqliteAddress(path=Path(path))


def _parse_influx(url: str, scheme: str, tls_files: TlsFiles) -> InfluxAddress:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or DEFAULT_PORT
    except ValueError:
        # Most often a token with a slash in it: the host then ends in the middle of the token.
        raise _broken("host or port cannot be read; write / # ? @ in the token as %2F %23 %3F %40") from None
    if not host:
        raise _broken("the host is missing")
    if parts.username:
        raise _broken("nothing stands before the colon of :TOKEN@ (InfluxDB 2 has tokens, no user and password)")
    if not parts.password:
        raise _broken("the token is missing")
    if parts.query or parts.fragment:
        raise _broken("nothing follows the bucket; write # and ? in a name as %23 and %3F")
    names = [unquote(name) for name in parts.path.split("/")[1:] if name]
    if len(names) != 2:
        raise _broken("after the host come organisation and bucket, /ORG/BUCKET; write / in a name as %2F")
    shown_host = f"[{host}]" if ":" in host else host
    return InfluxAddress(
        base_url=f"{scheme}://{shown_host}:{port}",
        org=names[0],
        bucket=names[1],
        token=unquote(parts.password),
        tls_files=tls_files,
    )


def _broken(reason: str) -> BrokenSetting:
    return BrokenSetting(f"{SETTING}: {reason}; accepted: {ACCEPTED}")
