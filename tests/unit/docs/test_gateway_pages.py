"""The pages about other gateways: their examples are accepted, and they name every format and every key."""

import re
from pathlib import Path

import pytest

from iot_maint.settings import SETTINGS_FILE, load_settings
from iot_maint.topic_rules import Format, Register, TopicRule
from tests.documents import ROOT, blocks, inline_code, table_rows

PAGES = (ROOT / "docs" / "gateways.md", ROOT / "docs" / "gateways.zh-CN.md")
LANGUAGES = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IOT_MAINT_TOPICS", raising=False)


@LANGUAGES
def test_every_example_is_accepted(page: Path) -> None:
    examples = blocks(page, "toml")
    assert len(examples) >= 4
    for example in examples:
        SETTINGS_FILE.write_text(example, "utf-8")
        assert load_settings().topics


@LANGUAGES
def test_every_format_stands_in_the_table_with_a_topic_that_it_takes(page: Path) -> None:
    rows = {row[0].strip("`"): row[1].strip("`") for row in table_rows(page) if row[0].strip("`") in set(Format)}
    assert set(rows) == set(Format)
    for name, topic in rows.items():
        rule = TopicRule(topic=topic, format=Format(name), site="yard")
        assert "{" not in rule.topic_filter


@LANGUAGES
def test_every_key_is_explained(page: Path) -> None:
    named = set(inline_code(page)) | set(re.findall(r"^(\w+) = ", "\n".join(blocks(page, "toml")), re.MULTILINE))
    assert set(TopicRule.model_fields) | set(Register.model_fields) <= named


def test_both_pages_have_the_same_examples_and_tables() -> None:
    for language in ("toml", "csv"):
        assert blocks(PAGES[0], language) == blocks(PAGES[1], language)
    english, chinese = (table_rows(page) for page in PAGES)
    assert [row[0] for row in english] == [row[0] for row in chinese]
    assert blocks(PAGES[0], "text")[1:] == blocks(PAGES[1], "text")[1:]
