"""How far a backtest has come: each of its clusters writes its share into a file of one folder."""

from collections.abc import Iterable
from pathlib import Path


def begin_progress(files: Iterable[Path]) -> None:
    """All of them at nothing, so that it is known how many there are."""
    for file in files:
        file.write_text(_written(0.0), "ascii")


def note_share(file: Path, share: float) -> None:
    """What one cluster has done, 0 to 1; over what stood there, so that a reader never finds it empty."""
    with file.open("r+", encoding="ascii") as opened:
        opened.write(_written(share))


def share_done(folder: Path) -> float:
    """Of all clusters together, 0 to 1."""
    shares = [float(file.read_text("ascii")) for file in folder.iterdir()]
    return sum(shares) / len(shares) if shares else 0.0


def _written(share: float) -> str:
    return f"{share:.4f}"
