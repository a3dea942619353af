"""Model files: what comes back is what was written, or nothing does and the file is named."""

import hashlib
import hmac
import io
import os
import stat
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from iot_maint.domain.errors import BrokenSetting, MaintError, RefusedModel, StoreUnavailable
from iot_maint.services.model_files import StoredModel
from iot_maint.storage.model_files import DiskModelFiles
from iot_maint.storage.model_format import MAX_BYTES, from_bytes, to_bytes
from iot_maint.storage.model_key import KEY_FILE, model_key
from tests.trained_models import KINDS, a_stored_model, some_rows

KEY = bytes(range(32))
START = 30  # magic, format, two lengths
FIRST = START + 32  # behind the HMAC


@pytest.fixture
def files(tmp_path: Path) -> DiskModelFiles:
    return DiskModelFiles(tmp_path / "models", lambda: KEY)


def put(files_folder: Path, content: bytes) -> str:
    """The bytes as a file under the name that they themselves give."""
    files_folder.mkdir(exist_ok=True)
    name = f"{hashlib.sha256(content).hexdigest()}.model"
    (files_folder / name).write_bytes(content)
    return name


def sealed(head: bytes, body: bytes, *, version: int = 1) -> bytes:
    """A file as whoever holds the key could write it."""
    start = b"iot-maint-model\n" + version.to_bytes(2) + len(head).to_bytes(4) + len(body).to_bytes(8)
    return start + hmac.new(KEY, start + head + body, hashlib.sha256).digest() + head + body


def opened(content: bytes) -> tuple[bytes, bytes]:
    """Head and arrays of a file."""
    head_bytes = int.from_bytes(content[18:22])
    return content[FIRST : FIRST + head_bytes], content[FIRST + head_bytes :]


def packed(
    arrays: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]], compression: int = zipfile.ZIP_STORED
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, version=(1, 0))
            archive.writestr(zipfile.ZipInfo(name), content.getvalue(), compress_type=compression)
    return buffer.getvalue()


def test_what_was_written_is_read_back_whole(files: DiskModelFiles) -> None:
    arrays = {
        "mean": np.array([[1.0, -0.0], [np.nan, np.inf]]),
        "tree.left-1": np.array([1, -1], dtype=np.int16),
        "seen": np.array(True),
        "none": np.zeros((0, 3), dtype=np.float32),
    }
    model = a_stored_model(arrays=arrays)

    back = files.load(files.save(model))

    assert (back.owner, back.card, back.parts.values) == (model.owner, model.card, model.parts.values)
    assert back.parts.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        assert back.parts.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(back.parts.arrays[name], array)


def test_a_detector_from_a_file_scores_to_the_bit_as_the_one_that_was_fitted(files: DiskModelFiles) -> None:
    model = a_stored_model()
    rows = some_rows(200, seed=9)

    before, _ = KINDS["distance"].restore(model.parts).score(rows, None)
    after, _ = KINDS["distance"].restore(files.load(files.save(model)).parts).score(rows, None)

    assert after.score.tobytes() == before.score.tobytes()


def test_the_same_model_is_the_same_bytes_and_one_file(files: DiskModelFiles, tmp_path: Path) -> None:
    assert to_bytes(a_stored_model(), KEY) == to_bytes(a_stored_model(), KEY)
    assert files.save(a_stored_model()) == files.save(a_stored_model())
    assert len(list((tmp_path / "models").iterdir())) == 1


def test_every_bit_that_flips_anywhere_refuses_the_file_by_name(files: DiskModelFiles, tmp_path: Path) -> None:
    content = to_bytes(a_stored_model(), KEY)
    head, _ = opened(content)
    borders = [0, 15, 16, 17, 18, 21, 22, 29, START, FIRST - 1, FIRST, FIRST + len(head) - 1, FIRST + len(head)]
    places = sorted({*borders, *range(0, len(content), 97), len(content) - 1})

    for place in places:
        for bit in (0, 7):
            flipped = bytearray(content)
            flipped[place] ^= 1 << bit
            name = put(tmp_path / "models", bytes(flipped))
            with pytest.raises(RefusedModel, match=name):
                files.load(name)


def test_a_file_cut_anywhere_or_grown_is_refused(files: DiskModelFiles, tmp_path: Path) -> None:
    content = to_bytes(a_stored_model(), KEY)

    for length in [0, 1, START, FIRST - 1, FIRST, len(content) // 2, len(content) - 1]:
        name = put(tmp_path / "models", content[:length])
        with pytest.raises(RefusedModel, match=r"cut short.*the champion before it stays in use"):
            files.load(name)
    with pytest.raises(RefusedModel, match="something was added"):
        files.load(put(tmp_path / "models", content + b"\0"))


def test_another_installations_file_is_refused(files: DiskModelFiles, tmp_path: Path) -> None:
    name = put(tmp_path / "models", to_bytes(a_stored_model(), bytes(32)))

    with pytest.raises(RefusedModel, match="another key"):
        files.load(name)


def test_a_later_releases_file_is_refused_and_left_alone(files: DiskModelFiles, tmp_path: Path) -> None:
    content = sealed(*opened(to_bytes(a_stored_model(), KEY)), version=2)
    name = put(tmp_path / "models", content)

    with pytest.raises(RefusedModel, match="format 2, and this release reads 1"):
        files.load(name)
    assert (tmp_path / "models" / name).read_bytes() == content


def test_a_good_file_put_in_anothers_place_is_refused(files: DiskModelFiles, tmp_path: Path) -> None:
    mine, theirs = files.save(a_stored_model()), files.save(a_stored_model("P-2"))
    (tmp_path / "models" / theirs).replace(tmp_path / "models" / mine)

    with pytest.raises(RefusedModel, match="another model than its name says"):
        files.load(mine)


@pytest.mark.parametrize(
    "name", ["../model-key", "/etc/passwd", "", ".", "a.model", "0" * 64 + ".model/..", "0" * 64 + ".model\0", "\n"]
)
def test_a_name_that_leads_elsewhere_is_refused_before_any_file_is_touched(files: DiskModelFiles, name: str) -> None:
    with pytest.raises(RefusedModel, match="no model has such a name"):
        files.load(name)


def test_a_link_and_a_pipe_are_not_followed(files: DiskModelFiles, tmp_path: Path) -> None:
    name = files.save(a_stored_model())
    real = tmp_path / "models" / name
    elsewhere = real.replace(tmp_path / "elsewhere")

    real.symlink_to(elsewhere)
    with pytest.raises(RefusedModel, match="cannot be read"):
        files.load(name)
    real.unlink()
    os.mkfifo(real)
    with pytest.raises(RefusedModel, match="no regular file"):
        files.load(name)


def test_a_file_that_is_not_there_is_named(files: DiskModelFiles) -> None:
    with pytest.raises(RefusedModel, match=r"0000\.model: cannot be read: No such file"):
        files.load("0" * 64 + ".model")


def test_a_huge_file_is_refused_unread(files: DiskModelFiles, tmp_path: Path) -> None:
    name = "1" * 64 + ".model"
    (tmp_path / "models").mkdir()
    with (tmp_path / "models" / name).open("wb") as file:
        file.truncate(MAX_BYTES + 1)

    with pytest.raises(RefusedModel, match=f"at most {MAX_BYTES}"):
        files.load(name)


def _bomb(_: bytes) -> bytes:
    return packed({"mean.npy": np.zeros(1_000_000)}, compression=zipfile.ZIP_DEFLATED)


def _object_array(_: bytes) -> bytes:
    return packed({"mean.npy": np.array([{"runs": "code"}], dtype=object)})


def _promising(shape: bytes) -> bytes:
    """Two numbers under a head that promises more: room would be made for what is not there."""
    content = io.BytesIO()
    np.lib.format.write_array(content, np.zeros(2), version=(1, 0))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mean.npy"), content.getvalue().replace(b"(2,)", shape))
    return buffer.getvalue()


def _path_in_a_name(_: bytes) -> bytes:
    return packed({"../mean.npy": np.zeros(2)})


def _twice(body: bytes) -> bytes:
    buffer = io.BytesIO(body)
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(zipfile.ZipInfo("mean.npy"), b"")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("craft", "head_change", "reason"),
    [
        (_bomb, None, "does not hold the arrays"),
        (_bomb, (b'{"arrays":{', b'{"arrays":{"mean":["<f8",[1000000]]},"x":{'), "head that cannot be read"),
        (_object_array, None, "does not hold the arrays"),
        (_path_in_a_name, None, "does not hold the arrays"),
        (_twice, None, "does not hold the arrays"),
        (lambda _: b"no archive", None, "arrays that cannot be read"),
    ],
)
def test_what_the_key_vouches_for_is_checked_too(
    craft: Callable[[bytes], bytes], head_change: tuple[bytes, bytes] | None, reason: str
) -> None:
    head, body = opened(to_bytes(a_stored_model(), KEY))
    if head_change is not None:
        assert head_change[0] in head
        head = head.replace(*head_change)

    with pytest.raises(RefusedModel, match=reason):
        from_bytes(sealed(head, craft(body)), KEY)


def one_array(content: bytes, declared: bytes) -> bytes:
    """A file with the single array `mean`, declared like that."""
    head, _ = opened(to_bytes(a_stored_model(), KEY))
    first, last = head.index(b'{"arrays":{') + 11, head.index(b'},"card"')
    return sealed(head[:first] + declared + head[last:], content)


@pytest.mark.parametrize(
    ("content", "declared", "reason"),
    [
        (_bomb(b""), b'"mean":["<f8",[1000000]]', "packed"),
        (_object_array(b""), b'"mean":["|O",[1]]', "declared"),
        (_path_in_a_name(b""), b'"../mean":["<f8",[2]]', "a name that may be none"),
        (packed({"mean.npy": np.zeros(2)}), b'"mean":["<f8",[3]]', "declared"),
        (packed({"mean.npy": np.zeros(2)}), b'"mean":["<f4",[2]]', "declared"),
        (_promising(b"(9,)"), b'"mean":["<f8",[9]]', "another amount of numbers"),
        (_promising(b"(9**9,)"), b'"mean":["<f8",[9]]', "cannot be read"),
    ],
)
def test_a_single_array_is_what_its_head_says_or_refused(content: bytes, declared: bytes, reason: str) -> None:
    with pytest.raises(RefusedModel, match=reason):
        from_bytes(one_array(content, declared), KEY)


def test_an_array_of_objects_is_never_written() -> None:
    arrays = {"mean": np.array([{"runs": "code"}], dtype=object)}

    with pytest.raises(ValueError, match="not numbers"):
        to_bytes(a_stored_model(arrays=arrays), KEY)


def test_file_and_folder_are_their_owners_alone(files: DiskModelFiles, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        name = files.save(a_stored_model())
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "models").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "models" / name).stat().st_mode) == 0o600


def test_a_write_that_fails_leaves_nothing_behind(
    files: DiskModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        files.save(a_stored_model())

    assert list((tmp_path / "models").iterdir()) == []


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    key = model_key(tmp_path, None)

    assert len(key) == 32
    assert model_key(tmp_path, None) == key
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_key_that_others_can_read_or_that_is_damaged_is_refused(tmp_path: Path) -> None:
    model_key(tmp_path, None)
    (tmp_path / KEY_FILE).chmod(0o644)
    with pytest.raises(MaintError, match="chmod 600"):
        model_key(tmp_path, None)

    (tmp_path / KEY_FILE).chmod(0o600)
    (tmp_path / KEY_FILE).write_text("short")
    with pytest.raises(MaintError, match="damaged"):
        model_key(tmp_path, None)


def test_a_given_key_goes_before_the_file_and_must_be_one(tmp_path: Path) -> None:
    assert model_key(tmp_path, "ab" * 32) == b"\xab" * 32
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BrokenSetting, match="openssl rand -hex 32"):
        model_key(tmp_path, "secret")


def test_a_stored_model_of_another_owner_has_another_file(files: DiskModelFiles) -> None:
    names = {files.save(a_stored_model(code)) for code in ("P-1", "P-2")}

    assert len(names) == 2


def test_no_module_of_the_product_reads_pickles() -> None:
    """`distributed` and `joblib` send functions by pickle; nothing that rests in a file is read so."""
    package = Path(__file__).parents[3] / "iot_maint"
    for path in package.rglob("*.py"):
        text = path.read_text("utf-8")
        for forbidden in ("import pickle", "joblib.load", "joblib.dump", "allow_pickle=True", "np.load(", "marshal"):
            assert forbidden not in text, f"{path}: {forbidden}"


def test_a_model_too_large_for_a_file_is_refused_when_written() -> None:
    model: StoredModel = a_stored_model(arrays={"mean": np.zeros(MAX_BYTES // 8 + 1)})

    with pytest.raises(ValueError, match="at most"):
        to_bytes(model, KEY)
