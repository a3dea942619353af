"""Which device fails of what: a deck of cards a kind and ten seeds, so that all faults occur in any ten of them."""

from functools import cache

from firmware_sim.fleet.chance import draw
from firmware_sim.fleet.profile import load_fleet_profile
from firmware_sim.fleet.roster import Member, roster

SEEDS = 10
_FAILING_SHARE = 0.5


def scenario_of(seed: int, member: Member) -> str | None:
    """The device's card in this seed; None: it stays healthy."""
    ten, place = divmod(seed, SEEDS)
    deck = _deck(ten, member.profile_name)
    return deck[place * (len(deck) // SEEDS) + member.card]


@cache
def _deck(ten: int, profile_name: str) -> tuple[str | None, ...]:
    size = SEEDS * sum(member.profile_name == profile_name for member in roster())
    names = sorted(load_fleet_profile(profile_name).scenarios)
    failing = max(len(names), round(_FAILING_SHARE * size))
    chance = draw(f"deck/{ten}/{profile_name}")
    chance.shuffle(names)
    cards: list[str | None] = [names[index % len(names)] for index in range(failing)]
    cards += [None] * (size - failing)
    return tuple(cards[index] for index in chance.permutation(size).tolist())
