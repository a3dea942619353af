"""Builds influxd as an ordinary Go module into the user's cache: once, about nine minutes on two cores.

InfluxDB's query engine is written in Rust, hence cargo; its own pkg-config builds that part during the Go build.
"""

import fcntl
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.programs import INFLUXD_VERSION, cached_influxd

MINIMUM_GO = (1, 26)
_MODULE = "github.com/influxdata/influxdb/v2/cmd/influxd"
_PKG_CONFIG = "github.com/influxdata/pkg-config@v0.3.0"
_PROGRESS_EVERY_S = 60.0


class BuildError(RuntimeError):
    """Says what stopped the build and what to do."""


def build_influxd() -> Path:
    """The finished binary's place; another build of the same user is waited for, not repeated.

    Raises BuildError.
    """
    target = cached_influxd()
    target.parent.mkdir(parents=True, exist_ok=True)
    with _lock(target.parent / "build.lock"):
        if target.exists():
            return target
        _check_tools()
        folder = target.parent / "build"
        # What a build that was cut off left behind would break this one.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.rmtree(Path(_output(["go", "env", "GOCACHE"])) / "pkgconfig", ignore_errors=True)
        _build(folder)
        (folder / "influxd").replace(target)
        shutil.rmtree(folder)
    return target


def _build(folder: Path) -> None:
    wrapper = folder / "rustc-wrapper"
    # A newer rustc warns where the sources deny warnings; that is not ours to fix.
    wrapper.write_text('#!/bin/sh\nexec "$@" --cap-lints warn\n')
    wrapper.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name not in {"CARGO_TARGET_DIR", "GOFLAGS"}}
    environment |= {
        "CGO_ENABLED": "1",
        "GOTOOLCHAIN": "local",
        "RUSTUP_TOOLCHAIN": "stable",
        "GOBIN": str(folder),
        "PKG_CONFIG": str(folder / "pkg-config"),
        "RUSTC_WORKSPACE_WRAPPER": str(wrapper),
    }
    print(f"building influxd {INFLUXD_VERSION}: about nine minutes on two cores, once", flush=True)
    log = folder / "build.log"
    steps = (
        ["go", "install", _PKG_CONFIG],
        # A module of our own: influxd's has replacements, which `go install` refuses.
        ["go", "mod", "init", "local/influxd"],
        ["go", "get", f"{_MODULE}@v{INFLUXD_VERSION}"],
        [
            "go",
            "build",
            *("-tags", "sqlite_foreign_keys,sqlite_json"),
            *("-ldflags", f"-X main.version=v{INFLUXD_VERSION}"),
            *("-o", "influxd", _MODULE),
        ],
    )
    for step in steps:
        _run(step, folder, environment, log)
    version = _output([str(folder / "influxd"), "version"])
    if INFLUXD_VERSION not in version:
        raise BuildError(f"the influxd just built calls itself {version!r}")


def _run(step: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path) -> None:
    """One step, its output in `log`; a line a minute, so that a terminal and a CI see that it lives."""
    began = time.monotonic()
    with log.open("ab") as output:
        process = subprocess.Popen(step, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            while True:
                try:
                    code = process.wait(_PROGRESS_EVERY_S)
                    break
                except subprocess.TimeoutExpired:
                    minutes = (time.monotonic() - began) / 60
                    print(f"influxd: {' '.join(step[:2])}, {minutes:.0f} min", flush=True)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if code != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise BuildError(f"{' '.join(step[:3])} failed with {code}; the end of {log}:\n{tail}")


def _check_tools() -> None:
    missing = [tool for tool in ("go", "cargo", "rustc", "gcc", "pkg-config") if shutil.which(tool) is None]
    if missing:
        raise BuildError(
            f"building influxd needs {', '.join(missing)}: install Go ≥ 1.26, stable Rust, gcc, pkg-config"
        )
    found = re.search(r"go(\d+)\.(\d+)", _output(["go", "env", "GOVERSION"]))
    if found is None or (int(found[1]), int(found[2])) < MINIMUM_GO:
        raise BuildError("building influxd needs Go ≥ 1.26")


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        # The system releases it when the process ends, however it ends.
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
