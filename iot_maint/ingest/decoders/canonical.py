"""The product's own format: topic `iot/v1/{site}/{equipment}/telemetry`, JSON.

`{"ts": …, "values": {metric: value, …}}`, a flat object `{metric: value, …}` (in which `ts` is the time too), or an
array of either.  Without `ts`, or with a null one, the time is that of reception, and the telemetry says so.

A message whose values all say nothing (null, NaN, an empty text) is no malformed one: its values are counted as
dropped.  One without values, or with none that can be understood, is malformed (`no_values`).
"""

from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.domain.telemetry import Decoded, Rejection, Telemetry, TimestampSource
from iot_maint.ingest.decoders.json_text import parse_json
from iot_maint.ingest.decoders.names import codes_in, is_name
from iot_maint.ingest.decoders.timestamps import read_timestamp
from iot_maint.ingest.decoders.values import MAX_METRICS, SAYS_NOTHING, Dropped, read_values

_MOST_CACHED_NAMES = 64


class Plain(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The form in which nearly every message comes: nothing to drop, and nothing to understand first."""

    ts: int
    values: dict[str, float | bool]


PLAIN = msgspec.json.Decoder(Plain)


def decode(topic: str, payload: bytes, received_at_ms: int, site_timezone: ZoneInfo) -> Decoded:
    """The telemetry of one message, in the order of the payload; raises `MalformedTelemetry`.

    Of an array the good elements are taken; it is malformed when every element is.
    """
    site, equipment = codes_in(topic)
    try:
        plain = PLAIN.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return decode_any(site, equipment, payload, received_at_ms, site_timezone)
    values = plain.values
    names = tuple(values)
    if not names or not (_are_known_names(names) if len(names) <= _MOST_CACHED_NAMES else _are_names(names)):
        return decode_any(site, equipment, payload, received_at_ms, site_timezone)
    for name in names:
        value = values[name]
        if value is True or value is False:
            values[name] = 1.0 if value else 0.0
    at_ms = read_timestamp(plain.ts, site_timezone)
    telemetry = Telemetry(site=site, equipment=equipment, at_ms=at_ms, received_at_ms=received_at_ms, values=values)
    return Decoded(telemetry=(telemetry,))


def decode_any(site: str, equipment: str, payload: bytes, received_at_ms: int, site_timezone: ZoneInfo) -> Decoded:
    """As `decode`, whatever the form of the message."""
    document = parse_json(payload)
    elements = document if isinstance(document, list) else [document]
    telemetry: list[Telemetry] = []
    dropped: dict[str, int] = {}
    faults: dict[str, MalformedTelemetry] = {}
    faulty = 0
    for element in elements:
        try:
            item = _read_element(element, site, equipment, received_at_ms, site_timezone, dropped)
        except MalformedTelemetry as fault:
            faults.setdefault(fault.reason, fault)
            faulty += 1
            continue
        if item is not None:
            telemetry.append(item)
    if not elements:
        raise MalformedTelemetry("no_values", "an empty array")
    if faulty == len(elements):
        raise next(iter(faults.values()))
    rejected = tuple(
        Rejection(
            reason=fault.reason, detail=f"{faulty} of {len(elements)} elements are bad, the first: {fault.detail}"
        )
        for fault in faults.values()
    )
    return Decoded(telemetry=tuple(telemetry), dropped=dropped, rejected=rejected)


def _read_element(
    element: object,
    site: str,
    equipment: str,
    received_at_ms: int,
    site_timezone: ZoneInfo,
    dropped: dict[str, int],
) -> Telemetry | None:
    """One object as telemetry; None when all its values say nothing.  Adds to `dropped`, unless it raises."""
    if not isinstance(element, dict):
        raise MalformedTelemetry("wrong_shape", "expected an object, or an array of objects")
    own: dict[str, int] = {}
    time = element.pop("ts", None)
    values = element.pop("values", None)
    if values is None:
        values = element
    elif not isinstance(values, dict):
        raise MalformedTelemetry("wrong_shape", "`values` is no object")
    elif element:
        own[Dropped.UNKNOWN_KEY.value] = len(element)
    at_ms = received_at_ms if time is None else read_timestamp(time, site_timezone)
    numbers, texts = read_values(values, own)
    if not numbers and not texts and not (own and own.keys() <= SAYS_NOTHING):
        reasons = ", ".join(f"{reason} {count}" for reason, count in own.items())
        raise MalformedTelemetry("no_values", f"nothing that can be understood: {reasons}" if own else "no values")
    for reason, count in own.items():
        dropped[reason] = dropped.get(reason, 0) + count
    if not numbers and not texts:
        return None
    return Telemetry(
        site=site,
        equipment=equipment,
        at_ms=at_ms,
        received_at_ms=received_at_ms,
        values=numbers,
        texts=texts,
        ts_source=TimestampSource.RECEIVED if time is None else TimestampSource.DEVICE,
    )


def _are_names(names: tuple[str, ...]) -> bool:
    return len(names) <= MAX_METRICS and all(map(is_name, names))


# A device sends the same metrics every time.
_are_known_names = lru_cache(maxsize=1024)(_are_names)
