"""Model files in the data folder: written whole or not at all, read only when they are what this installation wrote."""

import hashlib
import os
import re
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from iot_maint.domain.errors import RefusedModel, StoreUnavailable
from iot_maint.services.model_files import StoredModel
from iot_maint.storage.model_format import MAX_BYTES, from_bytes, to_bytes

FOLDER = "models"
ENDING = ".model"
_NAME = re.compile(r"[0-9a-f]{64}\.model")
_WHAT_TO_DO = "the champion before it stays in use; put the file back from a backup, or train again"


class DiskModelFiles:
    """`ModelFiles` in a folder of the owner alone.  `key` is asked at the first use."""

    def __init__(self, folder: Path, key: Callable[[], bytes]) -> None:
        self._folder = folder
        self._key = key

    def save(self, model: StoredModel) -> str:
        """Written aside and renamed when it rests on the disk: nobody ever reads half of it."""
        content = to_bytes(model, self._key())
        name = f"{hashlib.sha256(content).hexdigest()}{ENDING}"
        aside = self._folder / f".{name}.{secrets.token_hex(8)}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                _write_aside(aside, content)
                aside.replace(self._folder / name)
            except BaseException:
                aside.unlink(missing_ok=True)
                raise
            _sync_folder(self._folder)
        except OSError as error:
            raise StoreUnavailable(f"cannot write the model {self._folder / name}: {error.strerror}") from error
        return name

    def load(self, name: str) -> StoredModel:
        """The model; a name that is no model's is refused before any file is touched."""
        if not _NAME.fullmatch(name):
            raise RefusedModel(f"model file {name!r}: no model has such a name; {_WHAT_TO_DO}")
        path = self._folder / name
        try:
            content = _read_bounded(path)
            model = from_bytes(content, self._key())
            if f"{hashlib.sha256(content).hexdigest()}{ENDING}" != name:
                # Whole and our own, yet another one was put in its place.
                raise RefusedModel("holds another model than its name says")
        except OSError as error:
            raise RefusedModel(f"model file {path}: cannot be read: {error.strerror}; {_WHAT_TO_DO}") from error
        except RefusedModel as error:
            raise RefusedModel(f"model file {path}: {error}; {_WHAT_TO_DO}") from None
        return model


def _write_aside(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    # The name itself must survive a power cut too; not every file system can promise that.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_bounded(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise RefusedModel("is no regular file")
        if found.st_size > MAX_BYTES:
            raise RefusedModel(f"has {found.st_size} bytes; a model has at most {MAX_BYTES}")
        return file.read(MAX_BYTES + 1)
