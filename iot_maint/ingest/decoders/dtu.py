"""Chinese DTUs: `{"sn": …, "time": "2026-01-01 08:00:00", "data": [{"addr": "40001", "val": "23.5"}, …]}`.

UTF-8 or GBK; local time without a zone; numbers as strings; addresses for names, which the rule's registers translate.
`sn` may be missing where the topic says whose it is, and `data` may be an object `{"40001": "23.5"}`.
"""

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.ingest.decoders.json_text import parse_json
from iot_maint.ingest.decoders.readings import Readings
from iot_maint.ingest.decoders.shapes import list_of, name_of, object_of


def read(payload: bytes, readings: Readings) -> None:
    """One report of registers."""
    document = object_of(parse_json(_as_utf8(payload)), "the message")
    device = None if document.get("sn") is None else name_of(document["sn"], "`sn`")
    data = document.get("data")
    values = data if isinstance(data, dict) else dict(_entry(entry) for entry in list_of(data, "`data`"))
    readings.add(values, document.get("time"), device)


def _as_utf8(payload: bytes) -> bytes:
    """GBK is hardly ever valid UTF-8 by chance, while nearly all UTF-8 is valid GBK: so UTF-8 first."""
    try:
        payload.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return payload.decode("gb18030").encode()
        except UnicodeDecodeError as error:
            raise MalformedTelemetry("not_utf8", f"byte {error.start} is neither UTF-8 nor GBK") from error
    return payload


def _entry(entry: object) -> tuple[str, object]:
    fields = object_of(entry, "an element of `data`")
    return name_of(fields.get("addr"), "`addr`"), fields.get("val")
