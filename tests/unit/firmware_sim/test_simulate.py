"""A site's messages: the same each time, in order of arrival, with the link's losses and duplicates."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from firmware_sim import Message, Site, build_site, simulate

T0 = datetime(2026, 7, 1, tzinfo=UTC)


def _pumps(count: int = 3, *, seed: int = 7, link: Mapping[str, float] | None = None) -> Site:
    device = {"code": "BP-{n}", "profile": "booster_pump", "count": count}
    return build_site("yard", devices=[device], seed=seed, link=link)


def _stream(site: Site, minutes: float = 30.0) -> list[Message]:
    return list(simulate(site, T0, T0 + timedelta(minutes=minutes)))


def test_the_same_seed_and_span_give_the_same_bytes() -> None:
    assert _stream(_pumps()) == _stream(_pumps())


def test_another_seed_gives_another_story() -> None:
    assert _stream(_pumps(seed=7)) != _stream(_pumps(seed=8))
