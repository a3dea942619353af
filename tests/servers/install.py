"""`make services`: the real Mosquitto, InfluxDB, PostgreSQL and Chromium that the tests talk to.

Asks the system's package manager for what is missing and builds InfluxDB, which Debian does not carry.
Quick, and quiet, when all is there. Standard library only: it runs before the project is installed.
"""

import os
import shutil
import subprocess
import sys

from tests.servers.build_influxd import BuildError, build_influxd
from tests.servers.programs import (
    find_chromium,
    find_influxd,
    find_mosquitto,
    find_mosquitto_pub,
    find_postgresql,
)


def missing_packages() -> list[str]:
    """Debian packages for what this machine lacks."""
    missing: list[str] = []
    if find_mosquitto() is None:
        missing.append("mosquitto")
    if find_mosquitto_pub() is None:
        missing.append("mosquitto-clients")
    if find_postgresql() is None:
        missing.append("postgresql")
    if find_chromium() is None:
        missing.append("chromium")
    if not has_chinese_font():
        missing += ["fontconfig", "fonts-noto-cjk"]
    if find_influxd() is None:
        missing += [tool for tool in ("gcc", "pkg-config") if shutil.which(tool) is None]
    return missing


def has_chinese_font() -> bool:
    """Without one the browser's screenshots and the reports are rows of boxes."""
    if shutil.which("fc-list") is None:
        return False
    fonts = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True, check=False)
    return bool(fonts.stdout.strip())


def install(packages: list[str]) -> None:
    """Raises SystemExit with what to do where this account or system cannot."""
    wanted = " ".join(packages)
    if shutil.which("apt-get") is None:
        sys.exit(f"make services: no apt-get here; install these with your package manager: {wanted}")
    as_root: list[str] = []
    if os.geteuid() != 0:
        if shutil.which("sudo") is None:
            sys.exit(f"make services: neither root nor sudo; have these installed: apt-get install {wanted}")
        as_root = ["sudo"]
    print(f"installing {wanted}", flush=True)
    apt_get = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "Acquire::Retries=3"]
    for step in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        if subprocess.run([*apt_get, *step], check=False).returncode != 0:
            sys.exit(f"make services: apt-get {step[0]} failed (see above); wanted: {wanted}")
    # Debian may start them as system services. The tests do not use those: each starts its own,
    # on a free port, in a temporary folder.


def main() -> None:
    packages = missing_packages()
    if packages:
        install(packages)
    if find_influxd() is None:
        try:
            build_influxd()
        except BuildError as error:
            sys.exit(f"make services: {error}")
    still_missing = missing_packages()
    if still_missing:
        sys.exit(f"make services: installed, yet not found: {' '.join(still_missing)}")
    for name, place in (
        ("Mosquitto", find_mosquitto()),
        ("InfluxDB", find_influxd()),
        ("PostgreSQL", find_postgresql()),
        ("Chromium", find_chromium()),
    ):
        print(f"{name:<10} {place}")


if __name__ == "__main__":
    main()
