"""Equipment types as data: reads the TOML files here, and those an installation adds, into domain types."""

from iot_maint.catalog.load import load_catalog, load_type

__all__ = ["load_catalog", "load_type"]
