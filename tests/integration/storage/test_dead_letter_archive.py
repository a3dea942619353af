from pathlib import Path

import pytest

from iot_maint.domain.errors import UnknownThing
from iot_maint.domain.telemetry import DeadLetter
from iot_maint.storage.dead_letter_archive import open_dead_letters
from iot_maint.storage.spool import SqliteSpool


def letter(payload: bytes, received_at_ms: int) -> DeadLetter:
    return DeadLetter(topic="t", payload=payload, reason="not_json", detail="", received_at_ms=received_at_ms)


def test_letters_of_all_workers_are_listed_newest_first_while_they_run(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1") as one, SqliteSpool(tmp_path, "north.2") as two:
        one.add_dead_letters([letter(b"a", 1), letter(b"b", 3)])
        two.add_dead_letters([letter(b"c", 2)])
        with open_dead_letters(tmp_path) as archive:
            assert [(filed.reference, filed.letter.payload) for filed in archive.newest(10)] == [
                ("1:2", b"b"),
                ("north.2:1", b"c"),
                ("1:1", b"a"),
            ]
            assert [filed.reference for filed in archive.newest(1)] == ["1:2"]
            one.add_dead_letters([letter(b"d", 4)])
            assert archive.newest(1)[0].letter.payload == b"d"


def test_a_letter_is_found_by_its_reference(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "north.2") as spool:
        spool.add_dead_letters([letter(b"a", 1)])
    with open_dead_letters(tmp_path) as archive:
        assert archive.find("north.2:1").letter.payload == b"a"


@pytest.mark.parametrize("reference", ["", "1", "1:2", "1:", "2:1", "1:-1", "1:x", "1:" + "9" * 30])
def test_an_unknown_reference_is_refused(tmp_path: Path, reference: str) -> None:
    with SqliteSpool(tmp_path, "1") as spool:
        spool.add_dead_letters([letter(b"a", 1)])
    with open_dead_letters(tmp_path) as archive, pytest.raises(UnknownThing):
        archive.find(reference)


def test_a_data_directory_without_spools_has_no_letters(tmp_path: Path) -> None:
    with open_dead_letters(tmp_path / "nowhere") as archive:
        assert archive.newest(10) == []
