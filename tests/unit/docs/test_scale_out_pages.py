"""The pages about scaling out: what they compute follows from what was measured, and both say the same."""

import math
import re
from pathlib import Path

import pytest

from tests.documents import ROOT, blocks, table_rows

PAGES = (ROOT / "docs" / "scale-out.md", ROOT / "docs" / "scale-out.zh-CN.md")
LANGUAGES = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
MEASURED = ("message_rate", "message_cpu", "left_cpu", "state_wait")
PLANNED = 0.6  # of a core, beside the checkpoints
CHECKPOINT_SHARE = 0.1  # of the time
BETWEEN_S = 300  # two checkpoints
DEVICES = 1_000_000


def measured(page: Path) -> dict[str, float]:
    """The figures, each from its one place, times in seconds."""
    rows = {row[0].strip("`"): float(row[1]) for row in table_rows(page) if row[0].strip("`") in MEASURED}
    assert set(rows) == set(MEASURED)
    return {name: value if name == "message_rate" else value / 1e6 for name, value in rows.items()}


def computed(page: Path) -> list[list[float]]:
    """Of each row of the arithmetic: the interval, and the numbers after it."""
    rows = [row for row in table_rows(page) if len(row) == 7 and row[1].isdigit()]
    return [[float(re.findall(r"\d+", cell)[0]) for cell in row] for row in rows]


@LANGUAGES
def test_the_arithmetic_follows_from_what_was_measured(page: Path) -> None:
    figures = measured(page)
    rows = computed(page)
    assert [row[0] for row in rows] == [60, 10]
    for interval_s, rate, by_cpu, by_checkpoint, workers, heard, between_s in rows:
        assert rate == round(DEVICES / interval_s)
        hears = rate * figures["left_cpu"]
        assert by_cpu == math.ceil(rate * figures["message_cpu"] / (PLANNED - hears))
        saved_s = DEVICES * figures["state_wait"] / CHECKPOINT_SHARE
        assert by_checkpoint == math.ceil(saved_s / BETWEEN_S)
        assert between_s == math.ceil(saved_s / workers)
        assert workers == max(by_cpu, by_checkpoint)
        assert heard == round(hears * 100)
        assert rate / workers < figures["message_rate"]


def test_both_pages_have_the_same_figures_commands_and_settings() -> None:
    english, chinese = PAGES
    assert measured(english) == measured(chinese)
    assert computed(english) == computed(chinese)
    for language in ("sh", "text"):
        assert blocks(english, language) == blocks(chinese, language)
    assert len(table_rows(english)) == len(table_rows(chinese))
