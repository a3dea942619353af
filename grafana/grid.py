"""Places panels on Grafana's 24 columns, from top to bottom, without overlaps or holes."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana.panels import row
from grafana.words import Json

COLUMNS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Panels side by side, of one height; `widths` sum up to 24."""

    panels: Sequence[Json]
    height: int
    widths: Sequence[int]

    def __post_init__(self) -> None:
        if sum(self.widths) != COLUMNS or len(self.widths) != len(self.panels):
            raise ValueError(f"{len(self.panels)} panels do not fill {COLUMNS} columns with {list(self.widths)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with its lines; a collapsed one is opened by a click, and asks the store nothing before."""

    title: str
    lines: Sequence[Line]
    collapsed: bool = False


def line(*panels: Json, height: int) -> Line:
    """Panels of equal width."""
    return Line(panels=panels, height=height, widths=[COLUMNS // len(panels)] * len(panels))


def lines(panels: Sequence[Json], *, height: int, across: int = 3) -> list[Line]:
    """As many lines as needed, each full: seven panels become 3 + 2 + 2."""
    count = -(-len(panels) // across)
    placed: list[Line] = []
    rest = list(panels)
    for left in range(count, 0, -1):
        size = -(-len(rest) // left)
        placed.append(line(*rest[:size], height=height))
        rest = rest[size:]
    return placed


def place(sections: Sequence[Section]) -> list[Json]:
    """All panels with id and position; those of a collapsed section inside its heading."""
    placed: list[Json] = []
    y = 0
    number = 0
    for section in sections:
        number += 1
        heading = row(section.title) | {"id": number, "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1}}
        y += 1
        start = y
        children: list[Json] = []
        for line_ in section.lines:
            x = 0
            for panel, width in zip(line_.panels, line_.widths, strict=True):
                number += 1
                children.append(panel | {"id": number, "gridPos": {"x": x, "y": y, "w": width, "h": line_.height}})
                x += width
            y += line_.height
        if section.collapsed:
            placed.append(heading | {"collapsed": True, "panels": children})
            # What is not shown takes no room: Grafana moves the rest down when the heading is opened.
            y = start
        else:
            placed += [heading, *children]
    return placed
