import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iot_maint.domain.errors import BrokenSetting, MaintError, StoreUnavailable, UnknownFormat
from iot_maint.domain.telemetry import DeadLetter, Telemetry, TimestampSource
from iot_maint.storage.dead_letters import DeadLetterBox
from iot_maint.storage.spool import SqliteSpool

RECEIVED_MS = 1_767_225_700_000


def telemetry(equipment: str = "P-01", **values: float) -> Telemetry:
    return Telemetry(
        site="S1",
        equipment=equipment,
        at_ms=1_767_225_600_000,
        received_at_ms=RECEIVED_MS,
        values=values or {"vib_rms": 2.1},
    )


def letter(payload: bytes = b"?", reason: str = "not_json") -> DeadLetter:
    return DeadLetter(
        topic="iot/v1/S1/P-01/telemetry", payload=payload, reason=reason, detail="", received_at_ms=RECEIVED_MS
    )


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[SqliteSpool]:
    with SqliteSpool(tmp_path, "1") as opened:
        yield opened


def test_batches_come_back_whole_and_in_order(spool: SqliteSpool) -> None:
    full = Telemetry(
        site="东区",
        equipment="水泵-01",
        at_ms=1,
        received_at_ms=2,
        values={"振动": 2.5, "running": 1.0},
        texts={"mode": "自动"},
        retained=True,
        ts_source=TimestampSource.RECEIVED,
    )
    assert spool.append([full, telemetry()], [], RECEIVED_MS) == 1
    assert spool.append([telemetry("P-02")], [], RECEIVED_MS + 1) == 2

    first, second = spool.read_after(0, 10)

    assert (first.number, first.received_at_ms, first.telemetry) == (1, RECEIVED_MS, (full, telemetry()))
    assert (second.number, second.telemetry) == (2, (telemetry("P-02"),))
    assert spool.read_after(1, 10) == [second]
    assert spool.read_after(0, 1) == [first]
    assert spool.read_after(2, 10) == []


def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1") as spool:
        assert spool.last_number() == 0
        for _ in range(3):
            spool.append([telemetry()], [], RECEIVED_MS)
        spool.delete_through(3)
        assert spool.read_after(0, 10) == []
    with SqliteSpool(tmp_path, "1") as spool:
        assert spool.last_number() == 3
        assert spool.append([telemetry()], [], RECEIVED_MS) == 4


def test_small_texts_are_remembered_over_restarts(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1") as spool:
        assert spool.recall("subscribed") is None
        spool.remember("subscribed", '["a"]')
        spool.remember("subscribed", '["东区"]')
    with SqliteSpool(tmp_path, "1") as spool:
        assert spool.recall("subscribed") == '["东区"]'


def test_deleting_keeps_what_comes_after(spool: SqliteSpool) -> None:
    for code in ("A", "B", "C"):
        spool.append([telemetry(code)], [], RECEIVED_MS)
    spool.delete_through(2)
    assert [batch.number for batch in spool.read_after(0, 10)] == [3]


def test_the_id_is_the_files_own(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1") as spool:
        first = spool.id
    with SqliteSpool(tmp_path, "1") as again, SqliteSpool(tmp_path, "2") as other:
        assert again.id == first
        assert other.id != first


def test_a_commit_survives_the_death_of_the_process(tmp_path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from iot_maint.domain.telemetry import Telemetry
from iot_maint.storage.spool import SqliteSpool
spool = SqliteSpool(Path(sys.argv[1]), "1").__enter__()
spool.append([Telemetry(site="S1", equipment="P-01", at_ms=1, received_at_ms=2, values={"a": 1.0})], [], 3)
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == 9
    with SqliteSpool(tmp_path, "1") as spool:
        assert [batch.telemetry[0].values for batch in spool.read_after(0, 10)] == [{"a": 1.0}]


def test_every_commit_is_synchronous(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1") as spool, spool._write() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_large_backlog_is_read_in_pieces(spool: SqliteSpool) -> None:
    large = Telemetry(
        site="S1", equipment="P-01", at_ms=1, received_at_ms=2, values={}, texts={"note": "x" * 600 * 1024}
    )
    for _ in range(4):
        spool.append([large], [], RECEIVED_MS)
    assert [batch.number for batch in spool.read_after(0, 100)] == [1, 2]


def test_a_second_process_of_the_same_worker_is_turned_away(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1"):
        with pytest.raises(MaintError, match="'1' is running already"):
            SqliteSpool(tmp_path, "1").__enter__()
        with SqliteSpool(tmp_path, "2"):
            pass
    with SqliteSpool(tmp_path, "1"):
        pass


def test_a_worker_name_that_makes_no_file_name_is_refused(tmp_path: Path) -> None:
    for name in ("", "../1", "a/b", "x" * 65):
        with pytest.raises(BrokenSetting, match="IOT_MAINT_WORKER"):
            SqliteSpool(tmp_path, name)


def test_an_unknown_format_is_refused_by_name_and_kept(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1") as spool:
        spool.append([telemetry("A")], [], RECEIVED_MS)
        spool.append([telemetry("B")], [], RECEIVED_MS)
    with sqlite3.connect(tmp_path / "spool-1.db") as connection:
        connection.execute("UPDATE batch SET format = 99 WHERE number = 2")
    connection.close()
    with SqliteSpool(tmp_path, "1") as spool:
        assert [batch.number for batch in spool.read_after(0, 10)] == [1]
        for _ in range(2):
            with pytest.raises(UnknownFormat, match=r"batch 2 .*version 99"):
                spool.read_after(1, 10)


def test_a_schema_of_a_later_release_is_refused_by_name(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "spool-1.db") as connection:
        connection.execute("PRAGMA user_version=7")
    connection.close()
    with pytest.raises(UnknownFormat, match="version 7"):
        SqliteSpool(tmp_path, "1").__enter__()
    # The refusal let go of the lock: the same message comes again, no other one.
    with pytest.raises(UnknownFormat, match="version 7"):
        SqliteSpool(tmp_path, "1").__enter__()


@pytest.mark.parametrize("content", [b"this is no database at all, whatever its name says" * 100, b"SQLite format 3\0"])
def test_a_torn_file_is_called_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "spool-1.db").write_bytes(content)
    with pytest.raises(MaintError, match=r"spool-1\.db is damaged .*move it"):
        SqliteSpool(tmp_path, "1").__enter__()


def test_a_torn_page_is_called_damaged(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1") as spool:
        for _ in range(200):
            spool.append([telemetry()], [], RECEIVED_MS)
    file = tmp_path / "spool-1.db"
    whole = file.read_bytes()
    file.write_bytes(whole[: 4096 * 3] + b"\xaa" * (len(whole) - 4096 * 3))
    with pytest.raises(MaintError, match="damaged"), SqliteSpool(tmp_path, "1") as spool:
        spool.read_after(0, 1000)


def test_a_torn_batch_is_named_with_what_to_do(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1") as spool:
        spool.append([telemetry()], [], RECEIVED_MS)
    with sqlite3.connect(tmp_path / "spool-1.db") as connection:
        connection.execute("UPDATE batch SET telemetry = x'93'")
    connection.close()
    with SqliteSpool(tmp_path, "1") as spool, pytest.raises(MaintError, match=r"damaged \(batch 1: .*move it"):
        spool.read_after(0, 10)


def test_dead_letters_are_kept_in_the_same_commit(spool: SqliteSpool) -> None:
    assert spool.append([telemetry()], [letter(b"\xff"), letter(b"{")], RECEIVED_MS) == 1
    assert [(one.id, one.payload, one.reason) for one in spool.dead_letters(0, 10)] == [
        (1, b"\xff", "not_json"),
        (2, b"{", "not_json"),
    ]
    assert [one.id for one in spool.dead_letters(1, 10)] == [2]


def test_dead_letters_alone_make_no_batch(spool: SqliteSpool) -> None:
    assert spool.append([], [letter()], RECEIVED_MS) == 0
    spool.add_dead_letters([letter()])
    assert spool.last_number() == 0
    assert len(spool.dead_letters(0, 10)) == 2


def test_what_fails_in_a_commit_leaves_nothing_of_it(spool: SqliteSpool) -> None:
    unwritable = DeadLetter(topic="\ud800", payload=b"", reason="", detail="", received_at_ms=0)
    with pytest.raises(UnicodeEncodeError):
        spool.append([telemetry()], [unwritable], RECEIVED_MS)
    assert spool.read_after(0, 10) == []
    assert spool.append([telemetry()], [], RECEIVED_MS) == 1


def test_only_the_newest_dead_letters_are_kept(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1", DeadLetterBox(max_letters=3)) as spool:
        for n in range(5):
            spool.add_dead_letters([letter(str(n).encode())])
        assert [one.payload for one in spool.dead_letters(0, 10)] == [b"2", b"3", b"4"]


def test_dead_letters_are_bounded_in_bytes_too(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1", DeadLetterBox(max_bytes=1000)) as spool:
        for n in range(30):
            spool.add_dead_letters([letter(bytes([n]) * 100)])
        kept = [one.payload[0] for one in spool.dead_letters(0, 100)]
        assert kept == list(range(30 - len(kept), 30))
        assert 9 <= len(kept) <= 10


def test_a_full_disk_is_unavailable_and_passes(spool: SqliteSpool) -> None:
    with spool._write() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages}")
    big = [telemetry(str(n), **{f"m{i}": float(i) for i in range(50)}) for n in range(200)]
    with pytest.raises(StoreUnavailable, match="full"):
        spool.append(big, [letter()], RECEIVED_MS)
    with spool._write() as connection:
        connection.execute("PRAGMA max_page_count=100000")
    assert spool.append(big, [], RECEIVED_MS) == 1
    assert spool.dead_letters(0, 10) == []


def test_a_closed_spool_says_so(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1") as spool:
        pass
    with pytest.raises(StoreUnavailable, match="not open"):
        spool.append([telemetry()], [], RECEIVED_MS)
