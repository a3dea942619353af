"""`IOT_MAINT_DASK`, parsed once.  Dask's peers run what they are sent: in the clear, only this machine is one."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from iot_maint.domain.errors import BrokenSetting
from iot_maint.tls import TlsFiles, tls_context

SETTING = "IOT_MAINT_DASK"
ACCEPTED = "tcp://127.0.0.1:8786 or tls://host:8786"
DEFAULT_PORT = 8786


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A Dask scheduler, and the files with which it and we know each other; None in the clear."""

    address: str
    tls_files: TlsFiles | None = None


def parse_cluster(url: str, tls_files: TlsFiles) -> Cluster:
    """`BrokenSetting` for anything that is not a scheduler one may trust one's machine to."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port or DEFAULT_PORT
    except ValueError:
        raise _broken("host or port cannot be read") from None
    if scheme not in ("tcp", "tls") or not host or parts.username or parts.path.strip("/") or parts.query:
        raise _broken("no address of a scheduler")
    shown = f"[{host}]" if ":" in host else host
    address = f"{scheme}://{shown}:{port}"
    if scheme == "tcp":
        if tls_files.given:
            raise _broken(f"{', '.join(tls_files.given)} would be without effect: the scheme is tcp, without TLS")
        if not _is_loopback(host):
            raise _broken(
                f"{host} is another machine, and Dask runs whatever its peers send: in the clear anyone on the way "
                "could; use tls://"
            )
        return Cluster(address=address)
    if tls_files.authority is None or tls_files.certificate is None or tls_files.key is None:
        prefix = tls_files.prefix
        raise _broken(f"tls:// needs {prefix}_CA, {prefix}_CERT and {prefix}_KEY: both sides must show who they are")
    tls_context(tls_files)  # a file that cannot be used is told of at the start
    return Cluster(address=address, tls_files=tls_files)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _broken(reason: str) -> BrokenSetting:
    return BrokenSetting(f"{SETTING}: {reason}; accepted: {ACCEPTED}")
