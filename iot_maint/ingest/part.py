"""What one of several workers takes on: a share of the sites, or filters that somebody chose."""

from dataclasses import dataclass

from iot_maint.domain.shares import Share

_LONGEST = 65_535  # bytes of a filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Either of the two, or neither: then everything.  `leaving`: nothing any more, all that it has goes to others."""

    share: Share | None = None
    filters: tuple[str, ...] = ()
    leaving: bool = False

    def __str__(self) -> str:
        if self.leaving:
            return "leaving"
        return str(self.share) if self.share is not None else " ".join(self.filters) or "everything"


WHOLE = Part()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """In seconds of real time.

    `look_s`: between two looks at the register and at the others' records.  `lease_s`: how long a record once read is
    believed, and so how long a site stays subscribed after it has left the record.  `away_s`: a worker whose record
    did not change for so long has nothing for certain.  `skew_s`: between two workers' clocks.  `settling_s`: after
    connecting, until silence means that nothing waits at the broker.
    """

    look_s: float = 1.0
    beat_s: float = 5.0
    lease_s: float = 60.0
    away_s: float = 60.0
    skew_s: float = 5.0
    settling_s: float = 2.0

    def __post_init__(self) -> None:
        # Else every record is in doubt for a moment before the next look, and what comes then is taken by two.
        if self.look_s >= self.lease_s:
            raise ValueError(f"a record that is believed for {self.lease_s} s is read only every {self.look_s} s")


PACE = Pace()


def filter_problem(text: str) -> str | None:
    """What is wrong with a topic filter, or None."""
    levels = text.split("/")
    if not text or "\0" in text or len(text.encode("utf-8", "replace")) > _LONGEST:
        return f"{text!r} is no topic filter"
    if levels[0] == "$share":
        return "a shared subscription splits the messages of one equipment over workers, and its rules see a part only"
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in levels) or "#" in levels[:-1]:
        return f"{text!r} is no topic filter: + stands for one whole level, # for all the rest at the end"
    return None
