"""Every site has one owner, the same for everybody, and few sites move when the number of workers changes."""

from collections import Counter

import pytest

from iot_maint.domain.shares import Share, owner_of, parse_share

SITES = [f"site-{number}" for number in range(2000)]


def test_every_site_has_exactly_one_owner() -> None:
    shares = [Share(index, 7) for index in range(1, 8)]
    assert all(sum(share.owns(site) for share in shares) == 1 for site in SITES)


def test_the_shares_are_about_equal() -> None:
    amounts = Counter(owner_of(site, 4) for site in SITES)
    assert set(amounts) == {1, 2, 3, 4}
    assert max(amounts.values()) < 1.25 * len(SITES) / 4


def test_a_further_worker_takes_its_part_and_nothing_else_moves() -> None:
    moved = [(owner_of(site, 4), owner_of(site, 5)) for site in SITES if owner_of(site, 4) != owner_of(site, 5)]
    assert {now for _, now in moved} == {5}
    assert len(moved) == pytest.approx(len(SITES) / 5, rel=0.2)


def test_the_rule_is_the_same_in_every_run_and_release() -> None:
    assert [owner_of(site, 3) for site in ("yard", "东区", "s1", "s2", "s3")] == [1, 3, 3, 2, 1]


def test_one_worker_of_one_owns_everything() -> None:
    assert all(Share(1, 1).owns(site) for site in SITES)


def test_the_first_takes_the_rest() -> None:
    assert [Share(index, 3).takes_the_rest for index in (1, 2, 3)] == [True, False, False]


def test_a_share_is_written_as_it_is_read() -> None:
    assert parse_share("2/3") == Share(2, 3)
    assert str(parse_share("2/3")) == "2/3"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "write I/N"),
        ("2", "write I/N"),
        ("0/3", "write I/N"),
        ("1/0", "write I/N"),
        ("-1/3", "write I/N"),
        ("1/3/5", "write I/N"),
        ("1/9999", "more than 1000"),
        ("4/3", "count from 1 to 3"),
    ],
)
def test_what_is_no_share_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_share(text)
