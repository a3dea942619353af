"""The installation's key for model files: made once, readable by its owner alone."""

import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from iot_maint.domain.errors import BrokenSetting, MaintError

KEY_FILE = "model-key"
KEY_BYTES = 32
SETTING = "IOT_MAINT_MODEL_KEY"
_HEX = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}")


def model_key(data_dir: Path, given: str | None) -> bytes:
    """The setting's key, or the one in the data folder.  Two processes that start at once agree on one."""
    if given is not None:
        if not _HEX.fullmatch(given.lower()):
            raise BrokenSetting(f"{SETTING}: not {2 * KEY_BYTES} hexadecimal digits; `openssl rand -hex 32` makes some")
        return bytes.fromhex(given)
    path = data_dir / KEY_FILE
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise MaintError(f"cannot make or read {path}: {error.strerror}") from None


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise MaintError(f"{path} can be read by others: whoever has it can forge models; `chmod 600` it")
        text = file.read(4 * KEY_BYTES).strip().decode("ascii", "replace")
    if not _HEX.fullmatch(text):
        raise MaintError(
            f"{path} is damaged: it should hold {2 * KEY_BYTES} hexadecimal digits; put it back from a backup, "
            "or remove it and train all models again"
        )
    return bytes.fromhex(text)


def _make(path: Path) -> None:
    """Written aside and linked to its name when it is whole: nobody reads half of it, and the first one stays."""
    own = path.with_name(f"{KEY_FILE}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(own)
    finally:
        own.unlink(missing_ok=True)
