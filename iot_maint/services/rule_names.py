"""What to say to somebody who names a rule that there is not: near names, or those of the same type."""

from collections.abc import Sequence
from difflib import get_close_matches

_MOST = 8  # names in a message
_NEAR = 3


def hint_at_rules(wanted: str, known: Sequence[str]) -> str:
    """`near it: pump.vib_rms_warning`, else the rules of the type that `wanted` begins with, else the types.

    `known` are ids `{type}.{key}`; at most eight names.
    """
    type_name, dot, key = wanted.partition(".")
    of_type = [rule for rule in known if rule.startswith(f"{type_name}.")]
    if of_type:
        # Of the keys alone: the type that they share would make any two of them near.
        keys = {rule.removeprefix(f"{type_name}."): rule for rule in of_type}
        near = [keys[one] for one in get_close_matches(key, keys, n=_NEAR)]
        return f"near it: {', '.join(near)}" if near else f"there are {_some(of_type)}"
    if dot and (near := get_close_matches(wanted, known, n=_NEAR)):
        return f"near it: {', '.join(near)}"
    return f"rules are TYPE.KEY, and there are the types {_some(list(dict.fromkeys(map(_type_of, known))))}"


def _type_of(rule: str) -> str:
    return rule.partition(".")[0]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= _MOST else f"{', '.join(names[:_MOST])}, … (all: GET /api/v1/rules)"
