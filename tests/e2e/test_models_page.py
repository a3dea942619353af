"""The walk of the pages on models, typed into one shell over embedded stores: it works, and prints what they show."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.documents import ROOT, blocks

pytestmark = pytest.mark.slow

PAGES = {"en": ROOT / "docs" / "models.md", "zh-CN": ROOT / "docs" / "models.zh-CN.md"}
WITHIN_S = 240
ABBREVIATED = "…"


def environment(language: str) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IOT_MAINT_")}
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": programs, "IOT_MAINT_LANGUAGE": language}


def run(script: str, folder: Path, language: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment(language),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


def shown(page: Path, first: str) -> list[str]:
    """The lines of the block that begins so, those that stand for others left out."""
    (block,) = (block for block in blocks(page, "text") if block.startswith(first))
    return [line for line in block.splitlines() if line != ABBREVIATED]


@pytest.mark.parametrize("language", PAGES)
def test_the_walk_prints_what_the_page_shows_and_refuses_a_model_file_with_a_byte_more(
    tmp_path: Path, language: str
) -> None:
    page = PAGES[language]
    (walk,) = (block for block in blocks(page, "sh") if "telemetry import" in block)

    done = run(walk, tmp_path, language)

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    said = done.stdout.splitlines()
    assert [line for line in shown(page, "YT-MV-1") if line not in said] == []
    assert (tmp_path / "scores.png").stat().st_size > 10_000

    card = json.loads(run("iot-maint models show 3 --json", tmp_path, language).stdout)
    with (tmp_path / "iot-maint-data" / "models" / card["file"]).open("ab") as file:
        file.write(b"x")
    refused = run("iot-maint models promote 3", tmp_path, language)
    [line] = shown(page, "iot-maint: model file")
    before, after = line.split("781ffd13….model")
    assert refused.returncode == 1
    assert refused.stderr == f"{before}{card['file']}{after}\n"


def test_both_pages_type_the_same() -> None:
    assert blocks(PAGES["en"], "sh") == blocks(PAGES["zh-CN"], "sh")
