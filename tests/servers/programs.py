"""Where the real servers' programs are on this machine.

Standard library only: `make services` imports this before the project is installed.
"""

import os
import shutil
from pathlib import Path

INFLUXD_VERSION = "2.9.1"

# Debian keeps daemons in sbin and PostgreSQL's servers out of PATH altogether.
_DAEMON_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/sbin")
_POSTGRESQL_FOLDERS = ("/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt/postgresql")


def cached_influxd() -> Path:
    """The place of the influxd that `make services` builds: the user's cache, never the repository."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "iot-maint" / f"influxd-{INFLUXD_VERSION}" / "influxd"


def find_influxd() -> Path | None:
    built = cached_influxd()
    if os.access(built, os.X_OK):
        return built
    return _which("influxd")


def find_mosquitto() -> Path | None:
    return _which("mosquitto")


def find_mosquitto_pub() -> Path | None:
    return _which("mosquitto_pub")


def find_mosquitto_passwd() -> Path | None:
    return _which("mosquitto_passwd")


def find_chromium() -> Path | None:
    return _which("chromium") or _which("chromium-browser") or _which("google-chrome")


def find_postgresql() -> Path | None:
    """The folder that holds `initdb` and `postgres`; the newest version where there are several."""
    initdb = _which("initdb")
    if initdb is not None:
        return initdb.resolve().parent
    folders = [folder for root in _POSTGRESQL_FOLDERS for folder in Path(root).glob("*/bin/initdb")]
    return max(folders, key=_major_version).parent if folders else None


def _major_version(initdb: Path) -> int:
    name = initdb.parent.parent.name
    return int(name) if name.isdigit() else 0


def _which(program: str) -> Path | None:
    path = os.pathsep.join((os.environ.get("PATH", ""), *_DAEMON_FOLDERS))
    found = shutil.which(program, path=path)
    return Path(found) if found else None
