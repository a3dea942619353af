"""`iot-maint dead-letters replay` and `discard`, beside the spool of a worker."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from iot_maint.cli import build_app
from iot_maint.domain.errors import UnknownThing
from iot_maint.domain.telemetry import DeadLetter
from iot_maint.storage.spool import SqliteSpool

AT_MS = 1_767_225_600_000  # long ago: only an old `ts` of its own would be too old now


def a_letter(payload: bytes, reason: str = "not_json", topic: str = "iot/v1/s1/P-1/telemetry") -> DeadLetter:
    return DeadLetter(topic=topic, payload=payload, reason=reason, detail="", received_at_ms=AT_MS)


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IOT_MAINT_DATA_DIR", str(tmp_path))
    clock = "accelerated:2026-01-01T12:00:00+08:00/2026-01-01T12:00:00+08:00/0.000001"
    monkeypatch.setenv("IOT_MAINT_CLOCK", clock)
    return tmp_path


def dead_letters(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(build_app(("dead-letters",)), ["dead-letters", *arguments])
    return done.exit_code, done.output


def test_what_can_be_decoded_now_goes_into_the_spool_and_the_rest_stays(data_dir: Path) -> None:
    with SqliteSpool(data_dir, "1") as spool:
        # The running worker keeps its lock; the command works beside it.
        spool.append([], [a_letter(b'{"vib_rms": 2.1}', "internal_error"), a_letter(b"{bad")], AT_MS)
        code, said = dead_letters("replay", "--all")
        assert code == 0
        assert "taken in 1" in said
        assert "not_json" in said
        (batch,) = spool.read_after(0, 10)
        assert [(item.equipment, item.at_ms, dict(item.values)) for item in batch.telemetry] == [
            ("P-1", AT_MS, {"vib_rms": 2.1})
        ]
        assert [letter.payload for letter in spool.dead_letters(0, 10)] == [b"{bad"]


def test_replaying_twice_takes_in_once(data_dir: Path) -> None:
    with SqliteSpool(data_dir, "1") as spool:
        spool.append([], [a_letter(b'{"vib_rms": 2.1}')], AT_MS)
        dead_letters("replay", "1:1")
        code, said = dead_letters("replay", "--all")
        assert (code, len(spool.read_after(0, 10))) == (0, 1)
        assert "taken in 0" in said


def test_letters_are_discarded_by_reason(data_dir: Path) -> None:
    with SqliteSpool(data_dir, "1") as spool:
        spool.append([], [a_letter(b"{bad"), a_letter(b"\xff", "not_utf8")], AT_MS)
        assert dead_letters("discard", "--reason", "not_json")[0] == 0
        assert [letter.reason for letter in spool.dead_letters(0, 10)] == ["not_utf8"]


def test_nothing_is_discarded_unless_it_is_named(data_dir: Path) -> None:
    with SqliteSpool(data_dir, "1") as spool:
        spool.append([], [a_letter(b"{bad")], AT_MS)
        code, said = dead_letters("discard")
        assert code == 2
        assert "--all" in said
        assert len(spool.dead_letters(0, 10)) == 1


def test_what_would_steer_the_terminal_is_written_out(data_dir: Path) -> None:
    with SqliteSpool(data_dir, "1") as spool:
        spool.append([], [a_letter("\x1b]0;mine\x07\r\u202e水泵\n".encode(), topic="iot/\x1b[31m")], AT_MS)
        for said in (dead_letters("list")[1], dead_letters("show", "1:1")[1]):
            assert not {"\x1b", "\x07", "\r", "\u202e"} & set(said)
            assert "\\x1b]0;mine\\x07\\r\\u202e水泵" in said


@pytest.mark.parametrize("command", ["replay", "discard"])
def test_a_reason_that_no_letter_has_is_named_with_those_that_there_are(data_dir: Path, command: str) -> None:
    with SqliteSpool(data_dir, "1") as spool:
        spool.append([], [a_letter(b"{bad"), a_letter(b"\xff", "not_utf8")], AT_MS)
        with pytest.raises(UnknownThing, match=r"'nope'; there are letters of not_json, not_utf8"):
            CliRunner().invoke(
                build_app(("dead-letters",)),
                ["dead-letters", command, "--reason", "nope"],
                catch_exceptions=False,
            )
        assert len(spool.dead_letters(0, 10)) == 2
