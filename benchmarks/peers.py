"""`python -m benchmarks.peers`: what the product is measured against, and the publisher, into the user's cache;
detectors into this environment.

Telegraf is a Go tool, Node-RED comes from npm with a Node of its own, the publisher is built from this folder.  Done
once, about five minutes; whatever is there already stays.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

TELEGRAF_VERSION = "1.39.3"
_TELEGRAF = f"github.com/influxdata/telegraf/cmd/telegraf@v{TELEGRAF_VERSION}"
# Nothing but what its configurations here use: it is smaller and starts faster, and works the same.
_TELEGRAF_TAGS = "custom,inputs.mqtt_consumer,outputs.influxdb_v2,parsers.json,parsers.json_v2,parsers.xpath"
NODE_RED_VERSION = "5.0.7"
# Node-RED 5 asks for Node 22, which the system may not have.
_NODE_RED_PACKAGES = (f"node-red@{NODE_RED_VERSION}", "node-red-contrib-influxdb@0.7.0", "node@22")
_NODE = Path("node_modules/node/bin/node")
_DETECTORS = ("pyod", "river")
_PUBLISHER = Path(__file__).parent / "publisher"


class PeerMissing(RuntimeError):
    """Says what is missing and how to get it."""


def cache() -> Path:
    """Where programs are kept that no package manager of the system carries."""
    return Path(os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")) / "iot-maint"


def telegraf_program() -> Path:
    """Raises PeerMissing."""
    return _present(_telegraf_folder() / "telegraf")


def node_red_folder() -> Path:
    """The folder whose `node_modules` holds Node-RED and its Node; raises PeerMissing."""
    return _present(_node_red_folder() / "node_modules" / "node-red" / "red.js").parents[2]


def publisher_program() -> Path:
    """Built now if it is not there: a matter of seconds."""
    sources = sorted(_PUBLISHER.iterdir())
    version = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    program = cache() / f"publisher-{version}" / "publisher"
    if not program.exists():
        _need("go")
        program.parent.mkdir(parents=True, exist_ok=True)
        # Aside first: half a program must never stand under its name.
        made = program.with_name(f"publisher.{os.getpid()}")
        _run(["go", "build", "-buildvcs=false", "-o", str(made), "."], _PUBLISHER)
        made.replace(program)
    return program


def install_telegraf() -> Path:
    """About three minutes on two cores."""
    target = _telegraf_folder() / "telegraf"
    if not target.exists():
        _need("go")
        folder = target.parent / "build"
        folder.mkdir(parents=True, exist_ok=True)
        environment = {"CGO_ENABLED": "0", "GOBIN": str(folder)}
        _run(["go", "install", "-tags", _TELEGRAF_TAGS, _TELEGRAF], folder, environment)
        (folder / "telegraf").replace(target)
        shutil.rmtree(folder)
    return target


def install_node_red() -> Path:
    """About a minute."""
    target = _node_red_folder()
    if not target.exists():
        _need("npm")
        folder = target.with_name(f"{target.name}.build")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true}\n')
        _run(["npm", "install", "--no-audit", "--no-fund", *_NODE_RED_PACKAGES], folder)
        if not (folder / _NODE).exists():
            raise PeerMissing(f"npm did not install Node into {folder}: it may not be allowed to run install scripts")
        folder.rename(target)
    return target


def install_detectors() -> Path:
    """PyOD and river, into the environment that asks: they are imported, not started."""
    if any(importlib.util.find_spec(name) is None for name in _DETECTORS):
        _run([sys.executable, "-m", "pip", "install", "--group", "peers"], Path(__file__).parents[1])
        importlib.invalidate_caches()
    found = importlib.util.find_spec(_DETECTORS[0])
    if found is None or found.origin is None:
        raise PeerMissing(f"{', '.join(_DETECTORS)} are not there after they were installed")
    return Path(found.origin).parents[1]


def _telegraf_folder() -> Path:
    # The parsers are part of the name: a Telegraf that was built without them reads none of the configurations.
    parsers = hashlib.sha256(_TELEGRAF_TAGS.encode()).hexdigest()[:8]
    return cache() / f"telegraf-{TELEGRAF_VERSION}-{parsers}"


def _node_red_folder() -> Path:
    return cache() / f"node-red-{NODE_RED_VERSION}"


def _present(path: Path) -> Path:
    if not path.exists():
        raise PeerMissing(f"{path} is missing: run `python -m benchmarks.peers`")
    return path


def _need(tool: str) -> None:
    if shutil.which(tool) is None:
        raise PeerMissing(f"{tool} is needed to install what the product is measured against")


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> None:
    subprocess.run(command, cwd=folder, env={**os.environ, **(environment or {})}, check=True)


def main() -> None:
    for install in (publisher_program, install_detectors, install_telegraf, install_node_red):
        try:
            print(install(), flush=True)
        except (PeerMissing, subprocess.CalledProcessError) as error:
            sys.exit(f"benchmarks.peers: {error}")


if __name__ == "__main__":
    main()
