"""Checkpoints, API keys, and answers given."""

from dataclasses import replace
from datetime import timedelta

from iot_maint.domain.tokens import Scope, Token
from iot_maint.domain.workers import HeldState, IngestWorker
from iot_maint.storage.relational.database import RelationalDatabase
from tests.builders import T0

HOUR = timedelta(hours=1)


def test_states_are_replaced_one_by_one(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        repositories.checkpoints.save_states({"P-1": b"\x00one", "P-2": b"two"})
        repositories.checkpoints.save_states({"P-2": b"new", "P-3": b""})
        repositories.checkpoints.save_states({})

    with database.reading() as repositories:
        assert repositories.checkpoints.load_states() == {"P-1": b"\x00one", "P-2": b"new", "P-3": b""}
        assert repositories.checkpoints.load_state("P-1") == b"\x00one"
        assert repositories.checkpoints.load_state("P-9") is None


def test_a_checkpoint_says_nothing_of_another_spool_or_worker(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        repositories.checkpoints.save_decided("1", "spool-a", 7)
        repositories.checkpoints.save_decided("1", "spool-a", 8)

    with database.reading() as repositories:
        assert repositories.checkpoints.decided("1", "spool-a") == 8
        assert repositories.checkpoints.decided("1", "spool-b") == 0
        assert repositories.checkpoints.decided("2", "spool-a") == 0


def test_what_is_decided_and_what_is_stored_do_not_disturb_each_other(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        repositories.checkpoints.save_stored("1", T0)
        repositories.checkpoints.save_decided("1", "spool-a", 8)
        repositories.checkpoints.save_decided("2", "spool-b", 1)
        repositories.checkpoints.save_stored("1", T0 + HOUR)

    with database.reading() as repositories:
        assert repositories.checkpoints.stored_through() == {"1": T0 + HOUR}
        assert repositories.checkpoints.decided("1", "spool-a") == 8


def test_a_worker_says_what_it_has_and_a_beat_leaves_that_as_it_is(database: RelationalDatabase) -> None:
    one = IngestWorker(worker="2", takes="2/3", beat=1, revision=1, seen_at=T0, sites={"yard": T0, "东区": T0 + HOUR})
    with database.transaction() as repositories:
        repositories.workers.put(one)
        repositories.workers.put(replace(one, worker="1", takes="1/3", sites={}))
        repositories.workers.beat(replace(one, beat=2, seen_at=T0 + HOUR, sites={}))

    with database.reading() as repositories:
        first, second = repositories.workers.all()
        assert (first.worker, first.takes) == ("1", "1/3")
        assert second == replace(one, beat=2, seen_at=T0 + HOUR, sites={})
        assert repositories.workers.sites_of("2") == one.sites
        assert repositories.workers.sites_of("1") == repositories.workers.sites_of("9") == {}

    with database.transaction() as repositories:
        repositories.workers.drop("2")
        assert [record.worker for record in repositories.workers.all()] == ["1"]


def test_a_state_is_held_by_who_saved_it_last(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        repositories.checkpoints.save_states({"P-1": b"a", "P-2": b"b"}, "1")
        repositories.checkpoints.save_states({"P-2": b"c"}, "2")
        repositories.checkpoints.save_decided("1", "spool-a", 7)
        repositories.checkpoints.lock_workers(["1", "2"])
        repositories.checkpoints.note_taking("1")
        repositories.checkpoints.note_taking("1")

    with database.reading() as repositories:
        assert repositories.checkpoints.states_held_by("1") == {"P-1": b"a"}
        assert repositories.checkpoints.codes_held_by("2") == {"P-2"}
        assert repositories.checkpoints.held_states(["P-2", "P-9"]) == {"P-2": HeldState(state=b"c", worker="2")}
        assert [repositories.checkpoints.takings_from(worker) for worker in ("1", "2")] == [2, 0]
        assert repositories.checkpoints.progress_of(["1", "2"]) == {"1": 7}


def test_a_revoked_token_is_found_no_more(database: RelationalDatabase) -> None:
    desk = Token(name="desk", scope=Scope.WRITE, created_at=T0)
    screen = Token(name="screen", scope=Scope.READ, created_at=T0)
    with database.transaction() as repositories:
        for token, digest in ((desk, b"\x01"), (screen, b"\x02"), (desk, b"\x03")):
            repositories.tokens.add(token, digest)
        assert repositories.tokens.find(b"\x01") == desk
        assert repositories.tokens.revoke("desk", T0 + HOUR) == 2
        assert repositories.tokens.revoke("desk", T0 + 2 * HOUR) == 0

    with database.reading() as repositories:
        assert repositories.tokens.find(b"\x01") is None
        assert repositories.tokens.find(b"\x02") == screen
        assert repositories.tokens.find(b"\x09") is None
        revoked = replace(desk, revoked_at=T0 + HOUR)
        assert repositories.tokens.all() == [revoked, screen, revoked]


def test_the_first_answer_to_a_key_stays_until_it_is_old(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        assert repositories.idempotency.add("k", "request", 201, b"{}", T0)
        assert not repositories.idempotency.add("k", "other", 200, b"", T0)
        assert repositories.idempotency.find("k") == ("request", 201, b"{}")
        repositories.idempotency.drop_before(T0)
        assert repositories.idempotency.find("k") is not None
        repositories.idempotency.drop_before(T0 + HOUR)

        assert repositories.idempotency.find("k") is None
