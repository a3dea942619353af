"""The lines of a text file, one in memory at a time, so that what cannot be read is named by its line."""

from collections.abc import Iterator
from pathlib import Path

from iot_maint.domain.errors import InvalidInput


def read_text_lines(path: Path) -> Iterator[str]:
    """Each with its end; `InvalidInput` where the file cannot be opened or is no UTF-8."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError:
                    raise InvalidInput(f"{path}:{number}", "it is no UTF-8; save the file as UTF-8") from None
    except OSError as error:
        raise InvalidInput(str(path), error.strerror or "cannot be read") from None
