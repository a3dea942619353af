"""The jobs part does what comes due: an alarm that waited for the end of a repair has its order within seconds."""

from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import pytest

from iot_maint.bootstrap.installation import open_installation
from iot_maint.bootstrap.scheduling import open_jobs
from iot_maint.domain.equipment import EquipmentStatus
from iot_maint.settings import Settings
from tests.builders import an_alarm_event, an_equipment
from tests.decide_path import orders_of

PATIENCE_S = 30


@pytest.mark.slow
def test_what_stands_after_a_repair_is_ordered_by_the_jobs(tmp_path: Path) -> None:
    pump = an_equipment("P-1")
    with open_installation(Settings(data_dir=tmp_path)) as installation:
        with installation.database.transaction() as repositories:
            repositories.equipment.add(replace(pump, status=EquipmentStatus.UNDER_MAINTENANCE))
            assert installation.desk.save(repositories, an_alarm_event(fault_mode="PMP-BEAR"), "pump") is None
            repositories.equipment.update(pump)
        with open_jobs(installation):
            until = monotonic() + PATIENCE_S
            while not orders_of(installation.database) and monotonic() < until:
                sleep(0.1)

        assert [order.fault_mode for order in orders_of(installation.database)] == ["PMP-BEAR"]
