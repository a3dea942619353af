"""`IOT_MAINT_MQTT_URL`, parsed once."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from iot_maint.domain.errors import BrokenSetting

EMBEDDED = "embedded"
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_EXPECTED = "expected mqtt://[user:password@]host[:port], or mqtts:// for TLS"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """Where the broker listens, and who we are there."""

    host: str
    port: int
    tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"


def parse_broker_url(url: str) -> BrokerAddress:
    """`BrokenSetting` says what is wrong with the URL, and never shows its password."""
    if url == EMBEDDED:
        raise _broken("embedded is the broker that `iot-maint demo` brings along")
    parts = _split(url)
    if parts.scheme not in _PORTS:
        raise _broken(f"the scheme is {parts.scheme!r}")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise _broken("nothing may follow the port")
    host = parts.hostname or ""
    try:
        host.encode("idna")
        port = parts.port
    except (UnicodeError, ValueError):
        raise _broken("the host or the port is not one") from None
    if not host or host != host.strip() or port == 0:
        raise _broken("the host or the port is missing")
    return BrokerAddress(
        host=host,
        port=port or _PORTS[parts.scheme],
        tls=parts.scheme == "mqtts",
        username=unquote(parts.username) if parts.username is not None else None,
        password=unquote(parts.password) if parts.password is not None else None,
    )


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise _broken("it is no URL") from None


def _broken(reason: str) -> BrokenSetting:
    return BrokenSetting(f"IOT_MAINT_MQTT_URL: {reason}; {_EXPECTED}")
