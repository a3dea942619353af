"""On which line of a TOML file a key stands; `tomllib` does not say."""

import re

KeyPath = tuple[str, ...]

_HEADER = re.compile(r"^\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"([^"]*)"|'([^']*)'""")


def find_line(toml: str, path: KeyPath) -> int | None:
    """The line (from 1) of the deepest table header or key that leads to `path`; `None` if nothing does.

    A plain scan: keys inside an inline table are found as the table's own line.
    """
    table: KeyPath = ()
    found: int | None = None
    depth = 0
    for number, line in enumerate(toml.splitlines(), start=1):
        if header := _HEADER.match(line):
            here = table = _split(header[1])
        elif assignment := _ASSIGNMENT.match(line):
            here = table + _split(assignment[1])
        else:
            continue
        if len(here) > depth and path[: len(here)] == here:
            found, depth = number, len(here)
    return found


def _split(dotted: str) -> KeyPath:
    return tuple(part[1] or part[2] or part[0] for part in _PART.finditer(dotted))
