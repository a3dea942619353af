"""How far a backtest has come: each of its clusters writes its share into a file of one folder."""

from pathlib import Path


def begin_progress(files: list[Path]) -> None:
    """All of them at nothing, so that it is known how many there are."""
    for file in files:
        file.write_text("0", "ascii")


def share_done(folder: Path) -> float:
    """Of all clusters together, 0 to 1."""
    # A file that is just being written is empty for a moment.
    shares = [float(file.read_text("ascii") or 0) for file in folder.iterdir()]
    return sum(shares) / len(shares) if shares else 0.0
