"""A disk that changes one bit of a number in the spool: what was acknowledged must not be stored as something else."""

from pathlib import Path

import pytest

from iot_maint.domain.errors import MaintError
from iot_maint.storage.spool import SqliteSpool
from iot_maint.storage.spool_file import spool_path
from tests.ingest_builders import T0_MS, a_telemetry

HALF = bytes.fromhex("000000000000e03f")  # 0.5, as the columns of a batch hold it
SOMETHING_ELSE = bytes.fromhex("000000000000e83f")  # 0.75


def test_a_flipped_bit_in_a_batch_is_called_damage_and_not_read_as_another_number(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path, "1") as spool:
        spool.append([a_telemetry(vib_rms=0.5)], [], T0_MS)
    file = spool_path(tmp_path, "1")
    whole = file.read_bytes()
    assert whole.count(HALF) == 1
    file.write_bytes(whole.replace(HALF, SOMETHING_ELSE))

    with SqliteSpool(tmp_path, "1") as spool, pytest.raises(MaintError, match="damaged"):
        spool.read_after(0, 10)
