"""The product's catalog as its files say it: the simulator and the product know each other only in tests."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import iot_maint.catalog

TYPES = ("elevator", "pump", "power_room")


@cache
def catalog_of(type_name: str) -> dict[str, Any]:
    """A type's file."""
    path = Path(str(iot_maint.catalog.__file__)).with_name(f"{type_name}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def fault_modes() -> set[str]:
    """Of all types."""
    return {code for name in TYPES for code in catalog_of(name)["fault_modes"]}
