"""Who is silent, told apart level by level: one sensor, one piece of equipment, one gateway, or nearly all at once.

A child is missed only once its parent has spoken after the child's time was over.  So a dead gateway never looks like
many dead sensors, however differently their intervals run out; and the evidence for a dead sensor is that the device
beside it went on reporting.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.columns import Integers

Flags = NDArray[np.bool_]

MANY = 5  # gateways: fewer fall silent one by one
_QUIET = 2 / 3  # of its patience: by then all that died together have missed a reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """Who was heard when, in columns: a row a series, a row a piece of equipment, a row a gateway.

    Times are epoch ms of reception; silence counts from `…_from` at the earliest.  `patience`: how long each series
    may be unheard, in ms.  `missed`: whether its silence would mean anything now.  A series names its equipment, and
    that its gateway, by row; equipment without one is a gateway of its own.  `gateway_standing`: its silence is known
    already; `held_ms`: until then none was named, since nearly all were quiet.
    """

    series_heard: Integers
    series_from: Integers
    patience: Integers
    missed: Flags
    equipment_of: Integers
    equipment_heard: Integers
    equipment_from: Integers
    gateway_of: Integers
    gateway_from: Integers
    gateway_standing: Flags
    held_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """Who is silent now; a child of a silent parent is not named.

    `..._due`: when the time of each was over.  `nothing_heard`: how many of how many gateways are quiet, where that
    is most of them: then none is named, and what is wrong is the platform's side.
    """

    series: Flags
    equipment: Flags
    gateways: Flags
    series_due: Integers
    equipment_due: Integers
    gateway_due: Integers
    gateway_heard: Integers
    nothing_heard: tuple[int, int] | None = None


def judge(hearing: Hearing, now_ms: int) -> Silent:
    """Who is silent at that instant of the service's clock."""
    h = hearing
    series_gateway = h.gateway_of[h.equipment_of]
    equipment_patience = usual_patience(h.equipment_of, h.patience, h.missed, len(h.gateway_of))
    gateway_patience = usual_patience(series_gateway, h.patience, h.missed, len(h.gateway_from))
    gateway_heard = np.zeros(len(h.gateway_from), dtype=np.int64)
    np.maximum.at(gateway_heard, h.gateway_of, h.equipment_heard)

    gateway_last = np.maximum(gateway_heard, h.gateway_from)
    unheard_ms = now_ms - gateway_last
    gateway_due = np.maximum(gateway_last, h.held_ms) + gateway_patience
    judged = gateway_patience > 0
    nothing_heard = _most_are_quiet(judged & ~h.gateway_standing, unheard_ms, gateway_patience)
    gateways = judged & (now_ms >= gateway_due)
    if nothing_heard is not None:
        gateways &= h.gateway_standing

    equipment_due = np.maximum(h.equipment_heard, h.equipment_from) + equipment_patience
    spoke_after = gateway_heard[h.gateway_of] >= equipment_due
    equipment = (equipment_patience > 0) & spoke_after & (now_ms >= equipment_due) & ~gateways[h.gateway_of]

    series_due = np.maximum(h.series_heard, h.series_from) + h.patience
    spoke_after = h.equipment_heard[h.equipment_of] >= series_due
    series = h.missed & spoke_after & (now_ms >= series_due)
    return Silent(
        series=series & ~equipment[h.equipment_of] & ~gateways[series_gateway],
        equipment=equipment,
        gateways=gateways,
        series_due=series_due,
        equipment_due=equipment_due,
        gateway_due=gateway_due,
        gateway_heard=gateway_heard,
        nothing_heard=nothing_heard,
    )


def usual_patience(parent: Integers, patience: Integers, missed: Flags, parents: int) -> Integers:
    """By parent, the (lower) median patience of its children that are missed; 0 where there are none.

    Not the shortest, or one dead fast sensor among slow ones would be taken for a dead device; not the longest, or a
    daily measurement would hide a dead gateway for days.
    """
    usual = np.zeros(parents, dtype=np.int64)
    children, waits = parent[missed], patience[missed]
    order = np.lexsort((waits, children))
    children, waits = children[order], waits[order]
    count = np.bincount(children, minlength=parents)
    begin = np.cumsum(count) - count
    some = np.flatnonzero(count)
    usual[some] = waits[begin[some] + (count[some] - 1) // 2]
    return usual


def _most_are_quiet(judged: Flags, unheard_ms: Integers, patience: Integers) -> tuple[int, int] | None:
    """(quiet, all) where one of many has been quiet for its whole patience, and with it more than half of them.

    Those with more patience than that one would not have been missed yet, and say nothing.
    """
    over = judged & (unheard_ms >= patience)
    if not over.any():
        return None
    judged = judged & (patience <= patience[over].max())
    quiet, known = int((judged & (unheard_ms >= patience * _QUIET)).sum()), int(judged.sum())
    return (quiet, known) if known >= MANY and 2 * quiet > known else None
