"""What the READMEs name exists, and the two say the same.  Their commands are run by tests/e2e/test_readme.py."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from iot_maint.catalog import load_catalog
from iot_maint.cli import COMMANDS, build_app
from iot_maint.domain.catalog import Language
from iot_maint.settings import FILE_SUFFIX, NOT_SETTINGS, PREFIX, Settings
from tests.documents import READMES, ROOT, blocks, inline_code, links, pages, prose, table_rows

ENGLISH, CHINESE = READMES
KNOWN = {PREFIX + name.upper() for name in Settings.model_fields}
NAMES = KNOWN | {name + FILE_SUFFIX for name in KNOWN} | NOT_SETTINGS


def shell_commands(page: Path) -> list[str]:
    """Lines of the `sh` blocks; texts between heredoc markers are among them and do no harm."""
    return [line for block in blocks(page, "sh") for line in block.splitlines()]


def iot_maint_commands(page: Path) -> list[list[str]]:
    """Every call of `iot-maint`, in blocks and in running text, as arguments."""
    texts = [*shell_commands(page), *inline_code(page)]
    calls = [match[1] for text in texts for match in re.finditer(r"(?:^|[ (])iot-maint ((?:[\w./:-]+ ?)+)", text)]
    return [shlex.split(call) for call in calls]


def find_command(call: list[str]) -> tuple[typer.core.TyperCommand | typer.core.TyperGroup, list[str]]:
    """The command that a call reaches, and the arguments left for it."""
    command: object = get_command(build_app(tuple(COMMANDS)))
    position = 0
    while isinstance(command, typer.core.TyperGroup) and position < len(call) and not call[position].startswith("-"):
        assert call[position] in command.commands, f"no command {call[position]}"
        command = command.commands[call[position]]
        position += 1
    assert isinstance(command, typer.core.TyperCommand | typer.core.TyperGroup)
    return command, call[position:]


@pytest.mark.parametrize("language", ["sh", "python"])
def test_both_readmes_have_the_same_commands(language: str) -> None:
    assert blocks(ENGLISH, language)
    assert blocks(ENGLISH, language) == blocks(CHINESE, language)


def test_both_readmes_are_equally_complete() -> None:
    headings = [[line.split()[0] for line in prose(page).splitlines() if line.startswith("#")] for page in READMES]
    assert headings[0] == headings[1]
    assert len(table_rows(ENGLISH)) == len(table_rows(CHINESE))
    for pattern in (r"`([\w./]+)`", r"\]\(([\w./-]+)\)"):
        named = [set(re.findall(pattern, prose(page).replace(".zh-CN", ""))) for page in READMES]
        assert named[0] ^ named[1] <= {"README.md", "elevator"}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [target for target in links(page) if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_setting_that_is_named_exists(page: Path) -> None:
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]", page.read_text("utf-8"))) <= NAMES


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_every_make_target_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = {line.split()[1] for line in [*shell_commands(page), *inline_code(page)] if line.startswith("make ")}
    assert {"demo", "test", "services", "test-slow", "check"} <= targets
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_ci_runs_the_two_commands() -> None:
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    makes = [line for line in shell_commands(ENGLISH) if line.startswith("make ")]
    assert makes == ["make demo", "make test"]
    assert [command for command in makes if not re.search(rf"^stage {command}\b", ci, re.MULTILINE)] == []


@pytest.mark.parametrize("page", [*READMES, ROOT / "docs" / "settings.md", ROOT / "docs" / "settings.zh-CN.md"])
def test_every_command_and_option_exists(page: Path) -> None:
    calls = iot_maint_commands(page)
    assert calls
    for call in calls:
        command, arguments = find_command(call)
        options = {option for parameter in command.params for option in parameter.opts}
        assert {argument for argument in arguments if argument.startswith("--")} <= options | {"--help"}, call


def test_every_command_is_in_the_readmes() -> None:
    for page in READMES:
        text = page.read_text("utf-8")
        missing = [name for name in COMMANDS if f"iot-maint {name}" not in text and f"make {name}" not in text]
        assert missing == [], page.name


@pytest.mark.parametrize(
    ("page", "language", "labels"),
    [(ENGLISH, Language.EN, ("Why", "Do", "Who")), (CHINESE, Language.ZH_CN, ("原因", "处理", "工种"))],
)
def test_the_order_that_is_shown_says_what_the_catalog_says(
    page: Path, language: Language, labels: tuple[str, ...]
) -> None:
    bearing = load_catalog(None, "four-level").types["pump"].fault_modes["PMP-BEAR"]
    (shown,) = [block for block in blocks(page, "text") if "[opened]" in block]
    said = dict(re.findall(r"^  (\S+)  +(.+)$", shown, re.MULTILINE))
    assert [said[label] for label in labels][:2] == [bearing.cause.of(language), bearing.action.of(language)]
    assert said[labels[2]]
