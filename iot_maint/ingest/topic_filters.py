"""What MQTT topic filters have in common, as levels: `+` is any one, `#` at the end any more, also none."""

Levels = tuple[str, ...]


def overlap(one: Levels, other: Levels) -> Levels | None:
    """The filter of the topics that both match; None when there are none."""
    if "$" in (one[0][:1], other[0][:1]) and one[0] != other[0]:
        return None  # by the standard a wildcard at the first level means no topic that begins with $
    common: list[str] = []
    for position in range(max(len(one), len(other)) + 1):
        mine, its = one[position : position + 1], other[position : position + 1]
        if mine == ("#",):
            return (*common, *other[position:])
        if its == ("#",):
            return (*common, *one[position:])
        if not mine or not its:
            return tuple(common) if mine == its else None
        if "+" not in (*mine, *its) and mine != its:
            return None
        common += its if mine == ("+",) else mine
    return None


def covers(wide: Levels, narrow: Levels) -> bool:
    """Whether every topic that `narrow` matches is one that `wide` matches."""
    return overlap(wide, narrow) == narrow
