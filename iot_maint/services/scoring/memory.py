"""What a model remembers of one piece of equipment, and the checkpoint's form of it."""

from collections.abc import Mapping

import msgspec
import numpy as np

from iot_maint.domain.errors import MaintError, UnknownFormat
from iot_maint.domain.findings import Evidence
from iot_maint.domain.json_value import Json
from iot_maint.models.bins import SlotState
from iot_maint.models.detector import Parts
from iot_maint.rules.state import RuleState, Series

FORMAT = 1


class Judgement(msgspec.Struct, frozen=True):
    """What the limit on the score remembers.  `fault_mode` and `evidence` are those of the finding that stands.

    `shadow`: it was raised while its source was only watched; `model`: it is that one of the registry's shadow.
    """

    scores: Series | None = None
    rule: RuleState | None = None
    fault_mode: str | None = None
    evidence: Evidence | None = None
    shadow: bool = False
    model: str = ""


class ModelMemory(msgspec.Struct, frozen=True):
    """`model`: whose memory it is; `recent`: the newest rows (their end, their means; None: missing), oldest first."""

    model: str
    bins: SlotState | None = None
    parts: Parts | None = None
    recent: tuple[tuple[int, tuple[float | None, ...]], ...] = ()
    judgement: Judgement = Judgement()


class _Array(msgspec.Struct, frozen=True):
    kind: str
    shape: tuple[int, ...]
    data: bytes


class _Format(msgspec.Struct, frozen=True):
    format: int


class _Stored(msgspec.Struct, frozen=True):
    format: int
    model: str
    bins: SlotState | None
    arrays: Mapping[str, _Array] | None
    values: msgspec.Raw
    recent: tuple[tuple[int, tuple[float | None, ...]], ...]
    judgement: Judgement


_envelope = msgspec.json.Decoder(_Format)
_decoder = msgspec.json.Decoder(_Stored)


def encode_memory(memory: ModelMemory) -> bytes:
    """The checkpoint's form."""
    parts = memory.parts
    arrays = None if parts is None else {name: _pack(array) for name, array in parts.arrays.items()}
    values = msgspec.Raw(msgspec.json.encode({} if parts is None else parts.values))
    return msgspec.json.encode(
        _Stored(FORMAT, memory.model, memory.bins, arrays, values, memory.recent, memory.judgement)
    )


def decode_memory(stored: bytes) -> ModelMemory:
    """What was stored; `UnknownFormat` names a version that this release does not read."""
    found = _envelope.decode(stored).format
    if found != FORMAT:
        raise UnknownFormat(f"model memory of format {found}; this release reads format {FORMAT}")
    one = _decoder.decode(stored)
    parts = None
    if one.arrays is not None:
        values: dict[str, Json] = msgspec.json.decode(one.values, type=dict)
        parts = Parts(arrays={name: _unpack(array) for name, array in one.arrays.items()}, values=values)
    return ModelMemory(one.model, one.bins, parts, one.recent, one.judgement)


_KINDS = frozenset({"<f8", "<i8", "|i1", "|b1", "<i4"})


def _pack(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> _Array:
    kind = array.dtype.newbyteorder("<").str
    if kind not in _KINDS:
        raise AssertionError(f"a detector remembers an array of {array.dtype}; known are {', '.join(sorted(_KINDS))}")
    return _Array(kind, array.shape, np.ascontiguousarray(array).tobytes())


def _unpack(stored: _Array) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    if stored.kind not in _KINDS:
        raise MaintError(f"model memory holds an array of {stored.kind}; known are {', '.join(sorted(_KINDS))}")
    return np.frombuffer(stored.data, dtype=stored.kind).reshape(stored.shape).copy()
