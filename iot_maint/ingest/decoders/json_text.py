"""JSON as devices write it: strict first, and then once more for what the standard forbids but gateways send."""

import json
from typing import NoReturn

import msgspec

from iot_maint.domain.errors import MalformedTelemetry

_STRICT = msgspec.json.Decoder()
_LONGEST_INTEGER = 20  # characters; a longer one is only worth its magnitude


def parse_json(payload: bytes) -> object:
    """The document, with NaN and the infinities as floats (1e400 is one); the values' rules drop and count them.

    Raises `MalformedTelemetry`: `not_utf8`, `not_json` or `too_deep`.
    """
    try:
        return _STRICT.decode(payload)
    except RecursionError as error:
        _too_deep(error)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _parse_leniently(payload)


def _parse_leniently(payload: bytes) -> object:
    """A bare NaN, a number beyond a double or a byte-order mark must not cost the message its good values."""
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedTelemetry("not_utf8", f"byte {error.start} is not UTF-8") from error
    try:
        document: object = json.loads(text, parse_int=_parse_integer)
    except RecursionError as error:
        _too_deep(error)
    except ValueError as error:
        raise MalformedTelemetry("not_json", str(error)) from error
    return document


def _too_deep(error: RecursionError) -> NoReturn:
    raise MalformedTelemetry("too_deep", "arrays or objects are nested beyond any format that is read") from error


def _parse_integer(digits: str) -> int | float:
    # Python refuses to build integers of thousands of digits, and means the whole document by it.
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)
