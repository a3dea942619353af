"""From tokens to a tree, by binding powers: or < and < not < comparison < sum < product < sign < call."""

from collections.abc import Iterator
from functools import lru_cache

from iot_maint.rules.expressions.tokens import ExpressionError, Token, TokenKind, tokenize
from iot_maint.rules.expressions.tree import FUNCTIONS, ROLLING, Binary, Call, Name, Node, Number, Rolling, Unary

DEEPEST = 20
SHORTEST_WINDOW_S, LONGEST_WINDOW_S = 10, 7 * 86_400
MOST_ROLLING = 4
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_BINDING = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), 4),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/"), 6),
}
_NOT, _SIGN = 3, 7
_COMPARISON = 4


@lru_cache(maxsize=1024)
def parse(text: str) -> Node:
    """The tree of an expression; `ExpressionError` names the column of what is wrong."""
    return _Parser(tokenize(text)).whole()


class _Parser:
    def __init__(self, tokens: Iterator[Token]) -> None:
        self._tokens = tokens
        self._token = next(tokens)
        self._rolling = 0

    def whole(self) -> Node:
        node = self._expression(0, 1)
        if self._token.kind is not TokenKind.END:
            raise ExpressionError(self._token.column, f"unexpected {self._token.text!r}")
        return node

    def _expression(self, binding: int, depth: int) -> Node:
        if depth > DEEPEST:
            raise ExpressionError(self._token.column, f"nested deeper than {DEEPEST}")
        left = self._operand(depth)
        while (power := _BINDING.get(self._token.text, 0)) > binding:
            sign = self._take()
            right = self._expression(power, depth + 1)
            if power == _COMPARISON and _BINDING.get(self._token.text) == _COMPARISON:
                raise ExpressionError(self._token.column, "comparisons do not chain; write a < b and b < c")
            left = Binary(sign.text, left, right, sign.column)
        return left

    def _operand(self, depth: int) -> Node:
        token = self._take()
        if token.kind is TokenKind.NUMBER:
            return Number(float(token.text))
        if token.text == "(":
            node = self._expression(0, depth + 1)
            self._expect(")")
            return node
        if token.text == "-":
            return Unary("-", self._expression(_SIGN, depth + 1))
        if token.text == "not":
            return Unary("not", self._expression(_NOT, depth + 1))
        if token.kind is TokenKind.NAME and token.text not in _BINDING:
            return self._call(token, depth) if self._token.text == "(" else Name(token.text, token.column)
        what = repr(token.text) if token.text else "the end"
        raise ExpressionError(token.column, f"expected a number, a name or ( but found {what}")

    def _call(self, name: Token, depth: int) -> Node:
        self._take()
        if name.text in ROLLING:
            return self._rolling_call(name, depth)
        if name.text not in FUNCTIONS:
            known = ", ".join((*FUNCTIONS, *ROLLING))
            raise ExpressionError(name.column, f"unknown function {name.text}; known: {known}")
        arguments = [self._expression(0, depth + 1)]
        while self._token.text == ",":
            self._take()
            arguments.append(self._expression(0, depth + 1))
        self._expect(")")
        least, most = FUNCTIONS[name.text]
        if not least <= len(arguments) <= most:
            wanted = f"{least}" if least == most else f"{least} or more"
            raise ExpressionError(name.column, f"{name.text} takes {wanted} arguments, not {len(arguments)}")
        return Call(name.text, tuple(arguments), name.column)

    def _rolling_call(self, name: Token, depth: int) -> Node:
        self._rolling += 1
        if self._rolling > MOST_ROLLING:
            raise ExpressionError(name.column, f"more than {MOST_ROLLING} rolling calls")
        index, before = self._rolling - 1, self._rolling
        argument = self._expression(0, depth + 1)
        if self._rolling != before:
            raise ExpressionError(name.column, "a rolling call within a rolling call")
        self._expect(",")
        window = self._take()
        if window.kind is not TokenKind.DURATION:
            raise ExpressionError(window.column, f"expected a duration such as 10m but found {window.text!r}")
        seconds = int(window.text[:-1]) * _SECONDS[window.text[-1]]
        if not SHORTEST_WINDOW_S <= seconds <= LONGEST_WINDOW_S:
            raise ExpressionError(window.column, f"{window.text} is not from 10s to 7d")
        self._expect(")")
        return Rolling(name.text, argument, seconds, index)

    def _expect(self, text: str) -> None:
        token = self._take()
        if token.text != text:
            raise ExpressionError(token.column, f"expected {text} but found {token.text or 'the end'}")

    def _take(self) -> Token:
        token = self._token
        if token.kind is not TokenKind.END:
            self._token = next(self._tokens)
        return token
