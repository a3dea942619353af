"""The generator's fingerprint: results name it, so that nobody can fit the fleet to a detector unseen."""

import hashlib
from pathlib import Path

_HOME = Path(__file__).parents[1]
# What the fleet takes from the rest of the simulator.
_BORROWED = (
    "acts.py",
    "chance.py",
    "errors.py",
    "fault_spec.py",
    "moment.py",
    "profile.py",
    "quantities.py",
    "strict.py",
)
# How a run is asked for, shown and written down changes nothing in it.
_ASIDE = ("fleet/cli.py", "fleet/export.py", "fleet/fingerprint.py")


def files() -> tuple[str, ...]:
    """What the generator is made of, relative to `firmware_sim`, in a fixed order."""
    own = [
        path for folder in ("fleet", "physics", "profiles") for path in (_HOME / folder).rglob("*") if path.is_file()
    ]
    names = [path.relative_to(_HOME).as_posix() for path in own if path.suffix in (".py", ".toml")]
    return tuple(sorted({*names, *_BORROWED} - set(_ASIDE)))


def fingerprint() -> str:
    """SHA-256, in hexadecimal, over the contents of `files()`, each preceded by its length."""
    digest = hashlib.sha256()
    for name in files():
        content = (_HOME / name).read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
