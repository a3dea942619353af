"""What doctor says of the workers that share the sites."""

from datetime import timedelta

from iot_maint.domain.workers import IngestWorker
from iot_maint.services.worker_report import say_workers, worker_problems
from tests.builders import T0


def a_worker(name: str, takes: str, *, sites: int = 0, seen_s_ago: float = 3) -> IngestWorker:
    return IngestWorker(
        worker=name,
        takes=takes,
        beat=1,
        revision=1,
        seen_at=T0 - timedelta(seconds=seen_s_ago),
        sites={f"s{number}": T0 for number in range(sites)},
    )


def test_each_is_named_with_its_part() -> None:
    both = [a_worker("1", "1/2", sites=7), a_worker("2", "2/2", sites=5), a_worker("x", "iot/v1/a/# iot/v1/b/#")]
    assert worker_problems(both, T0) == []
    assert say_workers(both, T0) == (
        "worker 1 takes 1/2 (7 sites and the rest), connected 3 s ago; "
        "worker 2 takes 2/2 (5 sites), connected 3 s ago; "
        "worker x takes iot/v1/a/# iot/v1/b/#, connected 3 s ago"
    )


def test_without_any_share_there_is_nothing_to_mend() -> None:
    assert worker_problems([], T0) == []
    assert say_workers([], T0) == "no worker was started with --share or --filter: each takes everything"


def test_a_share_that_nobody_has_is_named() -> None:
    (problem,) = worker_problems([a_worker("1", "1/3"), a_worker("3", "3/3")], T0)
    assert problem == "no worker has the share 2/3: worker 1 takes its sites meanwhile; start it"
    (problem,) = worker_problems([a_worker("2", "2/2")], T0)
    assert "1/2: nobody takes sites that are not in the register" in problem


def test_a_worker_that_is_away_is_named_with_what_to_do() -> None:
    away, missing = worker_problems([a_worker("1", "1/2"), a_worker("2", "2/2", seen_s_ago=600)], T0)
    assert away.startswith("worker 2 (2/2) was last connected 600 s ago: start it")
    assert "2/2" in missing


def test_shares_of_different_numbers_are_named() -> None:
    (problem,) = worker_problems([a_worker("1", "1/2"), a_worker("3", "3/3")], T0)
    assert problem == "shares of 2 and of 3 workers at once: start all with the same number"
