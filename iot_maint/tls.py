"""Whom a connection with TLS trusts, and what it shows of itself: the files of the settings, as one context.

Verification of the peer's certificate and host name is always on; there is no way to switch it off.
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from iot_maint.domain.errors import BrokenSetting

_WRAPPINGS = 10
_UNKNOWN_AUTHORITY = (
    "no authority that is trusted here has signed the certificate that it shows: "
    "name the certificate of its authority in {prefix}_CA"
)
_WRONG_NAME = "the certificate that it shows is for another host: {said}; write the URL with a name that it is for"
_ASKS = "it asks for a client certificate: set {prefix}_CERT and {prefix}_KEY"
_OURS = "it does not accept the certificate of {prefix}_CERT: "
# by OpenSSL's numbers of what can be wrong with a certificate
_UNVERIFIED: Mapping[int, str] = {
    **dict.fromkeys((2, 18, 19, 20, 21), _UNKNOWN_AUTHORITY),
    9: "the certificate that it shows is not valid yet; or the clock of this machine is wrong",
    10: "the certificate that it shows has expired; or the clock of this machine is wrong",
    62: _WRONG_NAME,
    64: _WRONG_NAME,
}
_REASONS: Mapping[str, str] = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _ASKS,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": _ASKS,
    "TLSV1_ALERT_UNKNOWN_CA": _OURS + "it does not know the authority",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": _OURS + "it has expired",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": _OURS + "it was revoked",
    "SSLV3_ALERT_BAD_CERTIFICATE": _OURS + "it is bad",
    "WRONG_VERSION_NUMBER": "no TLS is spoken at this port; name the port of the TLS listener",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """PEM files and the settings that name them: `{prefix}_CA`, `{prefix}_CERT`, `{prefix}_KEY`.

    `authority` stands instead of the system's authorities, not beside them: who has his own means no other.
    """

    prefix: str
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """The settings that are set."""
        files = {"CA": self.authority, "CERT": self.certificate, "KEY": self.key}
        return tuple(f"{self.prefix}_{name}" for name, path in files.items() if path is not None)


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """The context of a client; `BrokenSetting` names the setting and the file that cannot be used."""
    if (files.certificate is None) is not (files.key is None):
        raise BrokenSetting(f"{files.prefix}_CERT and {files.prefix}_KEY go together; set both or neither")
    if files.authority is None:
        context = ssl.create_default_context()
    else:
        setting = f"{files.prefix}_CA"
        _read(setting, files.authority)
        with _saying(f"{setting}: {files.authority} holds no certificate of an authority in PEM form"):
            context = ssl.create_default_context(cafile=files.authority)
    if files.certificate is not None and files.key is not None:
        _show(context, files.prefix, files.certificate, files.key)
    return context


def _show(context: ssl.SSLContext, prefix: str, certificate: Path, key: Path) -> None:
    """Let the context show the certificate; what is wrong with which of the two files is told apart."""
    _read(f"{prefix}_CERT", certificate)
    with _saying(f"{prefix}_CERT: {certificate} holds no certificate in PEM form"):
        ssl.create_default_context(cafile=certificate)
    secret = _read(f"{prefix}_KEY", key)
    if b"ENCRYPTED" in secret:
        # OpenSSL would ask for it at the terminal, and a service has none.
        raise BrokenSetting(
            f"{prefix}_KEY: {key} is locked by a password; store the key without one, readable by the service alone"
        )
    if b"PRIVATE KEY-----" not in secret:
        raise BrokenSetting(f"{prefix}_KEY: {key} holds no private key in PEM form")
    with _saying(f"{prefix}_KEY: {key} is not the key of the certificate {certificate}"):
        context.load_cert_chain(certificate, key)


def _read(setting: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BrokenSetting(f"{setting}: cannot read {path}: {error.strerror or error}") from None


@contextmanager
def _saying(what: str) -> Iterator[None]:
    """OpenSSL's own words for a wrong file (`[SSL] PEM lib`) help nobody."""
    try:
        yield
    except ssl.SSLError:
        raise BrokenSetting(what) from None


def explain_failure(error: BaseException | None, prefix: str) -> str | None:
    """What a failed handshake means, and what to do; None where it was not TLS that failed.

    Libraries wrap the error of the socket in their own, some of them twice: it is looked for behind `error`.
    """
    for _ in range(_WRAPPINGS):
        if isinstance(error, ssl.SSLCertVerificationError):
            code = error.verify_code
            text = _UNVERIFIED.get(code, f"the certificate that it shows is refused: {error.verify_message}")
            return text.format(prefix=prefix, said=error.verify_message)
        if isinstance(error, ssl.SSLError):
            return explain_reason(error.reason or "", prefix) or f"TLS failed: {error}"
        if error is None:
            return None
        error = error.__cause__ or error.__context__
    return None


def explain_reason(reason: str, prefix: str) -> str | None:
    """The same of OpenSSL's name for it (`TLSV13_ALERT_CERTIFICATE_REQUIRED`), None where it is not known here."""
    text = _REASONS.get(reason)
    return None if text is None else text.format(prefix=prefix)
