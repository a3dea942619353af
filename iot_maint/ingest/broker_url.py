"""`IOT_MAINT_MQTT_URL`, parsed once."""

import ssl
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from iot_maint.domain.errors import BrokenSetting
from iot_maint.tls import TlsFiles, explain_failure, explain_reason, tls_context

TLS_SETTINGS = "IOT_MAINT_MQTT_TLS"
SYSTEM_AUTHORITIES = TlsFiles(prefix=TLS_SETTINGS)
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
    tls_files: TlsFiles = SYSTEM_AUTHORITIES

    def tls_context(self) -> ssl.SSLContext | None:
        """What to secure the connection with, None for one in the clear."""
        return tls_context(self.tls_files) if self.tls else None

    def explain(self, error: BaseException | None) -> str:
        """Why no connection came about, and what to do, in one line."""
        by_the_system = error.strerror if isinstance(error, OSError) else None
        return explain_failure(error, self.tls_files.prefix) or by_the_system or str(error)

    def explain_refusal(self, reason: str = "") -> str:
        """The same of a broker that closes the connection before it has accepted us; `reason` is OpenSSL's."""
        closes = "closes the connection before it has accepted us"
        known = explain_reason(reason, self.tls_files.prefix)
        if known is not None or not self.tls:
            return f"{closes}: {known}" if known else closes
        # Often the reason is lost with the connection.
        certificate = f"{self.tls_files.prefix}_CERT"
        if self.tls_files.certificate is None:
            return f"{closes}: it may ask for a client certificate ({certificate} and its key)"
        return f"{closes}: it may not accept the certificate of {certificate}"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"


def parse_broker_url(url: str, tls_files: TlsFiles = SYSTEM_AUTHORITIES) -> BrokerAddress:
    """`BrokenSetting` says what is wrong with the URL or the files beside it, and never shows its password."""
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
    address = BrokerAddress(
        host=host,
        port=port or _PORTS[parts.scheme],
        tls=parts.scheme == "mqtts",
        username=unquote(parts.username) if parts.username is not None else None,
        password=unquote(parts.password) if parts.password is not None else None,
        tls_files=tls_files,
    )
    if tls_files.given and not address.tls:
        # Whoever names an authority believes that the connection is secured.
        raise _broken(f"{', '.join(tls_files.given)} would be without effect: the scheme is mqtt, without TLS")
    address.tls_context()  # files that cannot be used are told of at the start, not at the first connection
    return address


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise _broken("it is no URL") from None


def _broken(reason: str) -> BrokenSetting:
    return BrokenSetting(f"IOT_MAINT_MQTT_URL: {reason}; {_EXPECTED}")
