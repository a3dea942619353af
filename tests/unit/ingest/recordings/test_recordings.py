"""Recorded telemetry reads the same from every format, and a bad line is named."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from iot_maint.domain.errors import InvalidInput
from iot_maint.domain.telemetry import Telemetry
from iot_maint.ingest.recordings import read_lines, read_recording

SHANGHAI = ZoneInfo("Asia/Shanghai")
WANTED = Telemetry(
    site="一号 院",
    equipment="P-01",
    at_ms=1_767_225_600_000,
    received_at_ms=1_767_225_600_000,
    values={"vib_rms": 2.1, "running": 1.0},
    texts={"mode": "auto"},
)
SAME = {
    "a.jsonl": '{"topic":"iot/v1/一号 院/P-01/telemetry",'
    '"payload":{"ts":1767225600,"values":{"vib_rms":2.1,"running":true,"mode":"auto"}}}\n',
    "a.csv": "ts,site,equipment,vib_rms,running,mode,flow\n2026-01-01 08:00:00,一号 院,P-01,2.1,on,auto,\n",
    "a.lp": '# exported\npump,equipment=P-01,site=一号\\ 院 vib_rms=2.1,running=t,mode="auto" 1767225600000000000\n',
}
BAD = {
    "no-json.jsonl": ("\n{]\n", ":2"),
    "no-time.jsonl": ('{"topic":"iot/v1/a/b/telemetry","payload":{"x":1}}\n', "names a time"),
    "no-columns.csv": ("time,site\n", "no column ts, equipment"),
    "ragged.csv": ("ts,site,equipment,x\n1767225600,a,b\n", ":2"),
    "bad-time.csv": ("ts,site,equipment,x\nnoon,a,b,1\n", ":2"),
    "no-fields.lp": ("pump,site=a,equipment=b\n", ":1"),
    "no-site.lp": ("pump,equipment=b x=1 1767225600000000000\n", "tags"),
    "dateless.lp": ("pump,site=a,equipment=b x=1\n", "time"),
    "open-quote.lp": ('pump,site=a,equipment=b x="1 1767225600000000000\n', ":1"),
}


@pytest.mark.parametrize("name", SAME)
def test_every_format_says_the_same(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(SAME[name], "utf-8")
    assert list(read_recording(tmp_path / name, SHANGHAI)) == [WANTED]


@pytest.mark.parametrize(("name", "line"), [("gbk.csv", 3), ("gbk.lp", 3), ("gbk.jsonl", 2)])
def test_a_file_that_is_no_utf_8_is_refused_with_the_line(tmp_path: Path, name: str, line: int) -> None:
    text = SAME[f"a{Path(name).suffix}"]
    good = text.replace("一号 院", "one").replace("一号\\ 院", "one")
    (tmp_path / name).write_bytes(good.encode() + text.splitlines(keepends=True)[-1].encode("gbk"))
    with pytest.raises(InvalidInput, match=f"{name}:{line}: "):
        list(read_recording(tmp_path / name, SHANGHAI))


def test_each_message_comes_with_the_line_on_which_it_ends(tmp_path: Path) -> None:
    (tmp_path / "a.lp").write_text("# one\n\npump,site=a,equipment=b x=1 1767225600\n# two\n", "utf-8")
    (tmp_path / "a.csv").write_text('ts,site,equipment,x\n1767225600,a,"b\nc",1\n1767225601,a,b,1\n', "utf-8")
    assert [line for line, _ in read_lines(tmp_path / "a.lp", SHANGHAI)] == [3]
    assert [line for line, _ in read_lines(tmp_path / "a.csv", SHANGHAI)] == [3, 4]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_refused_with_its_number(tmp_path: Path, name: str) -> None:
    text, expected = BAD[name]
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(InvalidInput, match=expected):
        list(read_recording(tmp_path / name, SHANGHAI))


def test_an_unknown_ending_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="jsonl"):
        read_recording(tmp_path / "a.xls", SHANGHAI)
