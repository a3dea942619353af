"""What all parts of an installation share, and what is refused before anything is opened."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from pydantic import SecretStr

from iot_maint.bootstrap.installation import ID_FILE, installation_id, open_installation
from iot_maint.domain.errors import BrokenCatalog, BrokenSetting, MaintError
from iot_maint.settings import Settings


def test_the_installation_s_id_is_made_once(tmp_path: Path) -> None:
    made = installation_id(tmp_path)
    assert len(made) == 32
    assert installation_id(tmp_path) == made
    assert [path.name for path in tmp_path.iterdir()] == [ID_FILE]


def test_processes_that_start_at_once_agree_on_one_id(tmp_path: Path) -> None:
    starters = 4
    with ThreadPoolExecutor(starters) as pool:
        for number in range(50):
            folder = tmp_path / str(number)
            folder.mkdir()
            together = Barrier(starters)

            def start(folder: Path = folder, together: Barrier = together) -> str:
                together.wait(10)
                return installation_id(folder)

            assert len({found.result(10) for found in [pool.submit(start) for _ in range(starters)]}) == 1


@pytest.mark.parametrize("content", [b"", b"short", "编号".encode("gbk")])
def test_a_damaged_id_is_named_and_never_replaced_in_silence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ID_FILE).write_bytes(content)
    with pytest.raises(MaintError, match=r"is damaged: .* remove it to make a new one"):
        installation_id(tmp_path)
    assert (tmp_path / ID_FILE).read_bytes() == content


def test_a_broken_catalog_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog"
    catalog.mkdir()
    (catalog / "chiller.toml").write_text("schema = 1\ntype = \n", "utf-8")
    settings = Settings(data_dir=tmp_path / "data", catalog_dir=catalog)
    with pytest.raises(BrokenCatalog, match=r"chiller\.toml:2: not TOML"), open_installation(settings):
        pass
    assert not settings.data_dir.exists()


def test_a_webhook_without_its_secret_is_refused(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", webhook_url=SecretStr("https://example.com/hook"))
    with pytest.raises(BrokenSetting, match="go together"), open_installation(settings):
        pass


def test_a_data_directory_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", "utf-8")
    with (
        pytest.raises(BrokenSetting, match="IOT_MAINT_DATA_DIR: cannot make"),
        open_installation(Settings(data_dir=tmp_path / "data")),
    ):
        pass
