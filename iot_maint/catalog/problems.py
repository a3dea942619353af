"""What is wrong with a catalog file."""

from typing import NamedTuple

from iot_maint.catalog.positions import KeyPath


class Problem(NamedTuple):
    """One thing to mend, and the keys that lead to it."""

    path: KeyPath
    reason: str
