"""The pages about verdicts name every verdict, figure and advice, and say the same in both languages."""

import json
import re
from pathlib import Path

import pytest

from iot_maint.api.models.feedback import TallyModel
from iot_maint.api.models.orders import StepModel, VerdictModel
from iot_maint.domain.feedback import Advice
from iot_maint.domain.verdicts import Verdict
from iot_maint.domain.work_orders import JUDGING
from iot_maint.rules.periods import Every
from iot_maint.rules.precision import wilson
from iot_maint.services.feedback.precision import MOST_ORDERS, By
from iot_maint.services.texts import VERDICTS
from iot_maint.settings import load_settings
from tests.documents import ROOT, blocks, inline_code, prose, table_rows

PAGES = (ROOT / "docs" / "feedback.md", ROOT / "docs" / "feedback.zh-CN.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_everything_that_can_be_said_or_read_is_named(page: Path) -> None:
    named = set(inline_code(page))
    assert named >= {*Verdict, *Advice, *By, *Every, *JUDGING, *TallyModel.model_fields, "failed_at", "parts"}
    rows = " ".join(cell for row in table_rows(page) for cell in row)
    assert all(f"`{verdict}` {VERDICTS[verdict].zh}" in rows for verdict in Verdict)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_bodies_are_accepted_and_the_numbers_true(page: Path) -> None:
    closing, mending = (json.loads(block) for block in blocks(page, "json"))
    assert StepModel.model_validate(closing).verdict is Verdict.REAL_FAULT
    assert VerdictModel.model_validate(mending).verdict is Verdict.REAL_FAULT
    text, policy = prose(page), load_settings().review
    assert f"{MOST_ORDERS:,}" in text
    assert f"{wilson(3, 3)[0]:.2f}" in text
    numbers = re.findall(r"`IOT_MAINT_REVIEW_\w+`\s*[(（]([\d.]+)", text)
    assert sorted(map(float, numbers)) == sorted([policy.below, policy.judged, policy.window.days])


def test_both_pages_have_the_same_examples_and_tables() -> None:
    for language in ("json", "sh"):
        assert blocks(PAGES[0], language) == blocks(PAGES[1], language)
    english, chinese = ([re.findall(r"`[^`]+`", row[0]) for row in table_rows(page)] for page in PAGES)
    assert english == chinese
