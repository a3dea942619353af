"""The site's equipment register as CSV, for `iot-maint equipment import`."""

import csv
from io import StringIO

from firmware_sim.site import Device, Site

_PLACE = ("gateway", "parent", "building", "floor", "room", "maker", "model", "serial")
COLUMNS = ("code", "name", "type", "site", "kind", *_PLACE)


def register_csv(site: Site) -> str:
    """One row a device; parameters follow the fixed columns by their dotted names."""
    parameters = sorted({key for device in site.devices for key in device.register})
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *parameters])
    for device in site.devices:
        row = _row(site, device)
        figures = [f"{device.register[key]:g}" if key in device.register else "" for key in parameters]
        writer.writerow([*(row[column] for column in COLUMNS), *figures])
    return out.getvalue()


def _row(site: Site, device: Device) -> dict[str, str]:
    entry = device.entry
    return {
        "code": device.code,
        "name": entry.name or device.code,
        "type": device.profile.type,
        "site": site.name,
        "kind": device.profile.kind or "",
        "gateway": entry.gateway,
        "parent": entry.parent,
        "building": entry.building,
        "floor": entry.floor,
        "room": entry.room,
        "maker": entry.maker,
        "model": entry.model,
        "serial": entry.serial,
    }
