"""Certificates made when a test asks, by the `openssl` program: an authority, and whoever it signs for."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers.absence import without

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate and its key, both PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates; `certificate` is what others must trust for that."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        if shutil.which("openssl") is None:
            without("openssl")
        self._folder = folder
        self.certificate, self._key = folder / f"{name}.pem", folder / f"{name}.key"
        _openssl("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", f"/CN={name}", *self._out(self._key, name))

    def sign(self, name: str, *, host: str = "IP:127.0.0.1", days: int = 2) -> Certificate:
        """One for `name`; `host` is what it may be called as a server, and with `days` below 0 it has expired."""
        key, request, extensions = (self._folder / f"{name}.{ending}" for ending in ("key", "csr", "ext"))
        extensions.write_text(f"subjectAltName={host}\n")
        _openssl("req", *_NEW_KEY, "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request))
        authority = ("-CA", str(self.certificate), "-CAkey", str(self._key), "-CAcreateserial")
        signed = self._folder / f"{name}.pem"
        _openssl(
            *("x509", "-req", "-in", str(request), *authority, "-days", str(days)),
            *("-extfile", str(extensions), "-out", str(signed)),
        )
        return Certificate(certificate=signed, key=key)

    def _out(self, key: Path, name: str) -> tuple[str, ...]:
        return ("-keyout", str(key), "-out", str(self._folder / f"{name}.pem"))


def lock_key(key: Path, locked: Path) -> Path:
    """The same key behind a password."""
    _openssl("pkcs8", "-topk8", "-in", str(key), "-out", str(locked), "-passout", "pass:secret")
    return locked


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)
