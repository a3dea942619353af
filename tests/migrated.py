"""SQLite databases that are migrated and hold nothing: copies of one, so that a run migrates once.

That an empty one is migrated on its first use is for its own tests: `integration/storage/relational/test_schema.py`.
"""

import tempfile
from functools import cache
from pathlib import Path

from iot_maint.storage.relational.migrate import migrate

NAME = "iot-maint.db"  # in a data directory


def a_database(folder: Path, name: str = NAME) -> str:
    """The URL of one in that folder; one that is there already stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        path.write_bytes(_migrated())
    return f"sqlite:///{path}"


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        migrate(f"sqlite:///{path}")
        return path.read_bytes()
