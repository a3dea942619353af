"""The bytes of a model's file: a JSON head, arrays as npz, and an HMAC over all of it.  Nothing in it runs.

    magic (16) · format (2) · length of the head (4) · length of the arrays (8) · HMAC-SHA256 (32) · head · arrays

Numbers are big-endian.  Nothing is parsed before the HMAC was found right; what it vouches for is still bounded and
checked, since whoever holds the key may have been mistaken.
"""

import hashlib
import hmac
import io
import json
import math
import re
import struct
import zipfile
from collections.abc import Mapping
from typing import cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.errors import RefusedModel
from iot_maint.domain.json_value import Json
from iot_maint.domain.trained_models import ModelCard, ModelOwner
from iot_maint.models.detector import Parts
from iot_maint.services.model_files import StoredModel

FORMAT = 1
MAX_BYTES = 64 << 20
_MAGIC = b"iot-maint-model\n"
_START = struct.Struct(">16sHIQ")
_MAC_BYTES = 32
_FIRST_BYTE = _START.size + _MAC_BYTES
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_MOST_ARRAYS = 1_000
_KINDS_OF_NUMBERS = "biuf"
_ENDING = ".npy"


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    """`arrays`: by name, the type and the shape that the array must have."""

    owner: ModelOwner
    card: ModelCard
    arrays: dict[str, tuple[str, tuple[int, ...]]]
    values: dict[str, object]


def to_bytes(model: StoredModel, key: bytes) -> bytes:
    """The same model gives the same bytes.  `ValueError` for what no model file may hold."""
    # Not ascontiguousarray, which would make a row of a single number.
    arrays = {name: np.asarray(array, order="C") for name, array in model.parts.arrays.items()}
    for name, array in arrays.items():
        _check_array(name, array.dtype)
    head = {
        "owner": msgspec.to_builtins(model.owner),
        "card": msgspec.to_builtins(model.card),
        "arrays": {name: [array.dtype.str, list(array.shape)] for name, array in arrays.items()},
        "values": msgspec.to_builtins(model.parts.values),
    }
    written = json.dumps(head, ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":")).encode()
    body = _write_arrays(arrays)
    start = _START.pack(_MAGIC, FORMAT, len(written), len(body))
    whole = start + _mac(key, start, written + body) + written + body
    if len(whole) > MAX_BYTES:
        raise ValueError(f"a model of {len(whole)} bytes; at most {MAX_BYTES}")
    return whole


def from_bytes(data: bytes, key: bytes) -> StoredModel:
    """`RefusedModel` says what is wrong; the caller adds the file's name and what to do."""
    if len(data) < _FIRST_BYTE:
        raise RefusedModel("is cut short")
    magic, version, head_bytes, array_bytes = _START.unpack_from(data)
    if magic != _MAGIC:
        raise RefusedModel("is no model file")
    if version != FORMAT:
        raise RefusedModel(f"has format {version}, and this release reads {FORMAT}: a later release wrote it")
    if len(data) != _FIRST_BYTE + head_bytes + array_bytes:
        raise RefusedModel("is cut short, or something was added to it")
    start, mac, rest = data[: _START.size], data[_START.size : _FIRST_BYTE], data[_FIRST_BYTE:]
    if not hmac.compare_digest(mac, _mac(key, start, rest)):
        raise RefusedModel("was changed after it was written, or belongs to an installation with another key")
    try:
        head = msgspec.json.decode(rest[:head_bytes], type=_Head)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RefusedModel(f"has a head that cannot be read: {error}") from None
    arrays = _read_arrays(rest[head_bytes:], head.arrays)
    values = cast(Mapping[str, Json], head.values)  # decoded from JSON: it is nothing else
    return StoredModel(owner=head.owner, card=head.card, parts=Parts(arrays=arrays, values=values))


def _mac(key: bytes, start: bytes, rest: bytes) -> bytes:
    return hmac.new(key, start + rest, hashlib.sha256).digest()


def _check_array(name: str, dtype: np.dtype[np.generic]) -> None:
    if not _NAME.fullmatch(name) or ".." in name:
        raise ValueError(f"no name of an array: {name!r}")
    if dtype.kind not in _KINDS_OF_NUMBERS:
        raise ValueError(f"array {name} holds {dtype}, not numbers")


def _write_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """An npz without compression: what is read can be no larger than what was sent."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            content = io.BytesIO()
            np.lib.format.write_array(content, arrays[name], version=(1, 0), allow_pickle=False)
            # A ZipInfo of its own carries 1980 as its time: the same model is the same bytes.
            archive.writestr(zipfile.ZipInfo(name + _ENDING), content.getvalue())
    return buffer.getvalue()


def _read_arrays(body: bytes, declared: Mapping[str, tuple[str, tuple[int, ...]]]) -> dict[str, NDArray[np.generic]]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = archive.infolist()
            _check_entries(entries, declared)
            return {
                entry.filename.removesuffix(_ENDING): _read_array(
                    archive.read(entry), *declared[entry.filename.removesuffix(_ENDING)]
                )
                for entry in entries
            }
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, struct.error) as error:
        raise RefusedModel(f"has arrays that cannot be read: {error}") from None


def _check_entries(entries: list[zipfile.ZipInfo], declared: Mapping[str, object]) -> None:
    names = [entry.filename for entry in entries]
    if len(names) > _MOST_ARRAYS or sorted(names) != sorted(name + _ENDING for name in declared):
        raise RefusedModel("does not hold the arrays that its head declares, each once")
    for entry in entries:
        name = entry.filename.removesuffix(_ENDING)
        if not _NAME.fullmatch(name) or ".." in name:
            raise RefusedModel(f"has an array by a name that may be none: {name!r}")
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
            raise RefusedModel(f"has an array {name} that is packed; none may be")
    if sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise RefusedModel(f"has arrays of more than {MAX_BYTES} bytes")


def _read_array(content: bytes, dtype_name: str, shape: tuple[int, ...]) -> NDArray[np.generic]:
    """The head of the array is read first: a shape that promises more than there is would be made room for."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise RefusedModel(f"has an array in numpy's format {version}, not (1, 0)")
    found_shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.kind not in _KINDS_OF_NUMBERS or dtype.str != dtype_name or found_shape != shape or fortran:
        raise RefusedModel(f"has an array of {dtype.str} {found_shape} where {dtype_name} {shape} was declared")
    if math.prod(shape) * dtype.itemsize != len(content) - file.tell():
        raise RefusedModel(f"has an array of the shape {shape} that holds another amount of numbers")
    file.seek(0)
    array: NDArray[np.generic] = np.lib.format.read_array(file, allow_pickle=False)
    return array
