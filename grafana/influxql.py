"""How a query of the boards is put together.  The shapes were tried on a real InfluxDB 2.9.1.

`$timeFilter`, `$__interval`, `$site` and `$equipment` are filled in by Grafana.  Variables are matched by regular
expression only: `=` finds nothing once several values are chosen.
"""

from collections.abc import Iterable

Scope = tuple[str, ...]

ON_SITE: Scope = ('"site" =~ /^$site$/',)
ON_EQUIPMENT: Scope = (*ON_SITE, '"equipment" =~ /^$equipment$/')
IN_RANGE = "$timeFilter"
BY_INTERVAL = "time($__interval)"


def select(
    columns: Iterable[str],
    source: str,
    *,
    where: Scope = (),
    group_by: Iterable[str] = (),
    fill: str = "",
    tail: str = "",
) -> str:
    """One statement; the conditions of `where` must all hold."""
    clauses = [
        "SELECT " + ", ".join(columns),
        "FROM " + source,
        "WHERE " + " AND ".join(where) if where else "",
        "GROUP BY " + ", ".join(group_by) if group_by else "",
        f"fill({fill})" if fill else "",
        tail,
    ]
    return " ".join(clause for clause in clauses if clause)


def name(identifier: str) -> str:
    """A measurement, field or tag; the catalog allows no character that would want escaping, and nor does this."""
    return f'"{_plain(identifier)}"'


def call(function: str, field: str, *, named: str = "") -> str:
    """`last("v")`, or `last("v") AS "newest"`."""
    called = f"{function}({name(field)})"
    return f"{called} AS {name(named)}" if named else called


def union(selects: Iterable[str]) -> str:
    """The rows of several statements as one source."""
    return ", ".join(f"({statement})" for statement in selects)


def any_of(tag: str, values: Iterable[str]) -> str:
    """The tag has one of the values."""
    return "(" + " OR ".join(f"{name(tag)} = '{_plain(value)}'" for value in values) + ")"


def _plain(text: str) -> str:
    """The text, if nothing in it could end its quotes."""
    if any(sign in text for sign in "\"'\\\n"):
        raise ValueError(f"{text!r} has no place in a query of a board")
    return text
