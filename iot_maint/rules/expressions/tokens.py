"""From an expression's text to its tokens, each with the column (from 1) at which it begins."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

LONGEST = 500  # characters


class ExpressionError(ValueError):
    """What is wrong with an expression, and at which column."""

    def __init__(self, column: int, reason: str) -> None:
        super().__init__(f"column {column}: {reason}")
        self.column = column


class TokenKind(StrEnum):
    """What a token is."""

    NUMBER = "number"
    DURATION = "duration"
    NAME = "name"
    SIGN = "sign"
    END = "end"


class Token(NamedTuple):
    """One token; `column` counts from 1."""

    kind: TokenKind
    text: str
    column: int


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<duration>\d+[smhd](?![\w.]))
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
      | (?P<sign><=|>=|==|!=|[-+*/()<>,])
    )""",
    re.VERBOSE | re.ASCII,
)


_LIKE_A_NUMBER = re.compile(r"\.?\d[\w.]*", re.ASCII)


def tokenize(text: str) -> Iterator[Token]:
    """The tokens, with an END after the last; `ExpressionError` for what is none."""
    if len(text) > LONGEST:
        raise ExpressionError(LONGEST + 1, f"longer than {LONGEST} characters")
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            begin = position + len(text[position:]) - len(text[position:].lstrip())
            raise ExpressionError(begin + 1, _unexpected(text[begin:]))
        yield Token(TokenKind(match.lastgroup), match[match.lastgroup], match.start(match.lastgroup) + 1)
        position = match.end()
    yield Token(TokenKind.END, "", end + 1)


def _unexpected(rest: str) -> str:
    written = _LIKE_A_NUMBER.match(rest)
    if written is None:
        return f"unexpected {rest[0]!r}"
    return f"unexpected {written[0]!r}: neither a number nor a span such as 15m (its unit is s, m, h or d)"
