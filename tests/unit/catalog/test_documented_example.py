"""The example type of the documentation is one that the product takes."""

import re
from pathlib import Path

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.errors import BrokenCatalog

DOCUMENT = Path(__file__).parents[3] / "docs" / "adding-an-equipment-type.md"


@pytest.fixture
def example() -> str:
    block = re.search(r"```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    return block[1]


def test_the_documented_type_loads_beside_the_built_in_ones(example: str, tmp_path: Path) -> None:
    (tmp_path / "cooling_tower.toml").write_text(example, encoding="utf-8")

    assert "cooling_tower" in load_catalog(tmp_path).types


def test_the_documented_refusal_is_what_a_reader_gets(example: str, tmp_path: Path) -> None:
    (tmp_path / "cooling_tower.toml").write_text(example.replace("clear = 4.33", "clear = 4.6"), encoding="utf-8")

    with pytest.raises(BrokenCatalog) as refusal:
        load_catalog(tmp_path)

    assert DOCUMENT.read_text(encoding="utf-8").count(f"`{refusal.value}`") == 2
