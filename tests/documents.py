"""The project's pages as tests read them: fenced blocks, inline code, links."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
SETTINGS_PAGES = (ROOT / "docs" / "settings.md", ROOT / "docs" / "settings.zh-CN.md")

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def pages() -> list[Path]:
    """Every page that is written for people."""
    return [*READMES, ROOT / "CHANGELOG.md", ROOT / "deploy" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of that language, in the order of the page."""
    found = _FENCE.finditer(page.read_text("utf-8"))
    return [match["text"] for match in found if match["language"] == language]


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def inline_code(page: Path) -> list[str]:
    """What stands between single backticks."""
    return _CODE.findall(prose(page))


def links(page: Path) -> Iterator[str]:
    """The targets of links, those to other hosts left out."""
    for target in _LINK.findall(prose(page)):
        if not target.startswith(("http://", "https://", "#")):
            yield target.partition("#")[0]


def table_rows(page: Path) -> list[list[str]]:
    """The cells of every row of every table, headings and rulers left out."""
    lines = prose(page).splitlines()
    rows = [line for line in lines if line.startswith("|")]
    rulers = {index for index, row in enumerate(rows) if set(row) <= set("|-: ")}
    return [_cells(row) for index, row in enumerate(rows) if index not in rulers and index + 1 not in rulers]


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]
