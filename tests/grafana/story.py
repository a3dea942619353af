"""Two hours on three sites: what the simulated devices sent, and the orders that came of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from firmware_sim import build_site, load_profile, simulate
from firmware_sim.profile import PROFILES
from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import UNREGISTERED, Catalog
from iot_maint.domain.telemetry import Point
from tests.grafana.filling_in import TimeRange
from tests.grafana.service_counters import quality_figures, service_counters

T0 = datetime(2026, 1, 5, 23, tzinfo=UTC)
END = T0 + timedelta(hours=2)
SILENT_SINCE = T0 + timedelta(hours=1)
# Quotes, brackets and dots are plain characters in a code, and none in a regular expression.
AWKWARD_CODE = '3#泵 "A"/1.(备)'
STRANGER = "GW-7/未知"
_FAULTS = [
    {"equipment": "booster_pump-1", "fault": "water_hammer", "start": "5m"},
    {"equipment": "sump_pump-1", "fault": "cloudburst", "start": "5m"},
]


# What was found where each type's orders ended.
_VERDICTS = {
    "close": ("real_fault", "sensor_fault", "not_found"),
    "cancel": ("false_alarm", "unjudged", "false_alarm"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """One point of `work_order_event`."""

    at_ms: int
    number: str
    site: str
    equipment: str
    type: str
    fault_mode: str
    urgency: int
    event: str
    verdict: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything that was written, still as it was meant; measurement = type's name."""

    catalog: Catalog
    telemetry: list[Point]
    service: list[Point]
    events: list[OrderEvent]
    time_range: TimeRange

    def points(self) -> list[Point]:
        """As the telemetry store takes them."""
        return [*self.telemetry, *self.service, *(_event_point(event) for event in self.events)]


def tell_story() -> Story:
    """Deterministic; every metric of the catalog has at least one value."""
    catalog = load_catalog()
    telemetry = [*_sent("云庭", T0, END), *_sent("滨海", T0, END), *_sent("静园", T0, SILENT_SINCE, only="room")]
    telemetry += _what_devices_rarely_send(catalog, telemetry)
    telemetry += _from_an_awkward_code()
    telemetry.append(
        Point(
            measurement=UNREGISTERED,
            tags={"site": "云庭", "equipment": STRANGER},
            at_ms=_ms(T0 + timedelta(minutes=7)),
            fields={"nobody_knows": 4.0},
        )
    )
    telemetry += quality_figures(_ms(T0), _ms(END))
    telemetry += _scores(catalog, telemetry)
    return Story(
        catalog=catalog,
        telemetry=telemetry,
        service=service_counters(_ms(T0), _ms(END)),
        events=list(_order_events(catalog)),
        time_range=TimeRange(start_ms=_ms(T0), end_ms=_ms(END)),
    )


def _sent(site: str, start: datetime, end: datetime, *, only: str | None = None) -> list[Point]:
    """One device of each profile, once a minute."""
    names = [path.stem for path in sorted(PROFILES.glob("*.toml")) if only in (None, path.stem)]
    suffix = {"云庭": "1", "滨海": "2", "静园": "3"}[site]
    devices = [{"code": f"{name}-{suffix}", "profile": name, "tick": "60s"} for name in names]
    faults = [fault for fault in _FAULTS if fault["equipment"] in {device["code"] for device in devices}]
    types = {f"{name}-{suffix}": load_profile(name).type for name in names}
    points: list[Point] = []
    for message in simulate(build_site(site, devices=devices, faults=faults), start, end):
        equipment = message.topic.split("/")[3]
        payload = json.loads(message.payload)
        points.append(
            Point(
                measurement=types[equipment],
                tags={"site": site, "equipment": equipment},
                at_ms=payload["ts"],
                fields={metric: float(value) for metric, value in payload["values"].items()},
            )
        )
    return points


def _what_devices_rarely_send(catalog: Catalog, sent: list[Point]) -> Iterator[Point]:
    """Tests and events that two hours do not contain: one value each, directly."""
    seen = {(point.measurement, metric) for point in sent for metric in point.fields}
    for type_ in catalog.types.values():
        for number, metric in enumerate(type_.metrics, start=1):
            if (type_.name, metric) not in seen:
                yield Point(
                    measurement=type_.name,
                    tags={"site": "云庭", "equipment": f"{type_.name}-test"},
                    at_ms=_ms(T0 + timedelta(minutes=number)),
                    fields={metric: float(number)},
                )


def _scores(catalog: Catalog, sent: list[Point]) -> list[Point]:
    """What a detector said of one piece of equipment of each type, every five minutes."""
    return [
        Point(
            measurement="anomaly",
            tags={**tags, "detector": "tracker"},
            at_ms=_ms(T0 + timedelta(minutes=5 * step)),
            fields={"score": 0.5 * (step % 9) + 0.25, "top_metric": list(type_.metrics)[step % 2]},
        )
        for type_ in catalog.types.values()
        for tags in [next(point.tags for point in sent if point.measurement == type_.name)]
        for step in range(1, 24)
    ]


def _from_an_awkward_code() -> Iterator[Point]:
    for minute in range(60):
        yield Point(
            measurement="pump",
            tags={"site": "滨海", "equipment": AWKWARD_CODE},
            at_ms=_ms(T0 + timedelta(minutes=2 * minute)),
            fields={"running": float(minute % 2), "vib_rms": 2.0 + minute / 10},
        )


def _order_events(catalog: Catalog) -> Iterator[OrderEvent]:
    """Per type: one urgent and open, one worsened, one ended, one opened again after its end."""
    for index, (name, type_) in enumerate(catalog.types.items()):
        equipment = {"pump": "booster_pump-1", "power_room": "room-1", "elevator": "elevator-1"}[name]
        faults = list(type_.fault_modes)[:4]
        steps = [
            (faults[0], 1, ["opened", "dispatch"]),
            (faults[1], 3, ["opened", "evidence_added"]),
            (faults[1], 2, ["urgency_raised", "alarm_cleared"]),
            (faults[2], 2, ["opened", "alarm_cleared", "close"]),
            (faults[3], 4, ["opened", "cancel", "reopen"]),
        ]
        minute = 10 * index
        for fault_mode, urgency, names in steps:
            for event in names:
                minute += 3
                yield OrderEvent(
                    at_ms=_ms(T0 + timedelta(minutes=minute)),
                    number=f"WO-20260106-{index}{faults.index(fault_mode):03}",
                    site="云庭",
                    equipment=equipment,
                    type=name,
                    fault_mode=fault_mode,
                    urgency=urgency,
                    event=event,
                    verdict=_VERDICTS[event][index] if event in _VERDICTS else None,
                )
    yield OrderEvent(
        at_ms=_ms(END - timedelta(minutes=5)),
        number="WO-20260106-9000",
        site="滨海",
        equipment=AWKWARD_CODE,
        type="pump",
        fault_mode="FIRE-MODE",
        urgency=1,
        event="opened",
    )


def _event_point(event: OrderEvent) -> Point:
    return Point(
        measurement="work_order_event",
        tags={
            "site": event.site,
            "equipment": event.equipment,
            "fault_mode": event.fault_mode,
            "urgency": str(event.urgency),
            "event": event.event,
        },
        at_ms=event.at_ms,
        fields={
            "number": event.number,
            "title": f"{event.equipment} {event.fault_mode}",
            **({"verdict": event.verdict} if event.verdict is not None else {}),
        },
    )


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
