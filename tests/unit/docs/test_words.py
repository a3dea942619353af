"""One word for one thing, in Chinese too: what the glossary says, the commands and the pages say."""

import pytest

from tests.documents import ROOT, pages

SAID = [
    *(page for page in pages() if page.name.endswith(".zh-CN.md")),
    *(path for room in ("cli", "plots", "services") for path in (ROOT / "iot_maint" / room).rglob("*.py")),
]


@pytest.mark.parametrize(
    ("word", "instead_of"),
    [
        ("影子运行", "试运行"),
        ("告警", "报警"),
        ("异常评分", "异常分 "),
        ("异常评分", "异常分数"),
        ("异常评分", "异常得分"),
    ],
)
def test_a_thing_has_one_chinese_name(word: str, instead_of: str) -> None:
    assert [path.name for path in SAID if instead_of in path.read_text("utf-8")] == []
    assert any(word in path.read_text("utf-8") for path in SAID)
