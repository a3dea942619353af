"""The site's equipment register as CSV, for `iot-maint equipment import`."""

import csv
from io import StringIO

from firmware_sim.site import Device, Site

_PLACE = ("gateway", "parent", "building", "floor", "room", "maker", "model", "serial")
COLUMNS = ("code", "name", "type", "site", "kind", *_PLACE)


def register_csv(site: Site) -> str:
    """One row a device; parameters follow the fixed columns by their dotted names."""
    figures = [{**device.register, **_own_intervals(device)} for device in site.devices]
    columns = sorted({key for row in figures for key in row})
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *columns])
    for device, parameters in zip(site.devices, figures, strict=True):
        row = _row(site, device)
        texts = [f"{parameters[key]:g}" if key in parameters else "" for key in columns]
        writer.writerow([*(row[column] for column in COLUMNS), *texts])
    return out.getvalue()


def _own_intervals(device: Device) -> dict[str, float]:
    """`interval.<metric>` in seconds, where the device ticks slower than the metric is sampled elsewhere."""
    return {
        f"interval.{name}": device.tick.total_seconds()
        for name, metric in device.profile.metrics.items()
        if metric.every is not None and not metric.on_change and metric.every < device.tick
    }


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
