"""The same results, to the byte, from one process, from one a core and from a real Dask cluster."""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from iot_maint.domain.errors import MaintError, StoreUnavailable
from iot_maint.fan_out import Cluster, fan_out, parse_cluster
from iot_maint.models.kinds import KINDS as REAL_KINDS
from iot_maint.services.training.fanning import FanOut
from iot_maint.storage.relational.database import RelationalDatabase
from iot_maint.tls import TlsFiles
from tests.fanned_out import die, double, fail_at_three, fit_and_score
from tests.servers.certificates import Authority
from tests.servers.dask import DaskCluster
from tests.servers.processes import free_port
from tests.training_stories import a_request, a_training_rig

NO_FILES = TlsFiles(prefix="IOT_MAINT_DASK_TLS")


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = DaskCluster(folder=tmp_path_factory.mktemp("dask"))
    try:
        cluster.start()
        yield parse_cluster(cluster.address, NO_FILES)
    finally:
        cluster.stop()


def test_processes_and_a_cluster_come_to_the_serial_run_to_the_byte(dask: Cluster) -> None:
    serial = list(fan_out(fit_and_score, range(8), processes=1))

    assert list(fan_out(fit_and_score, range(8), processes=2)) == serial
    assert list(fan_out(fit_and_score, range(8), over=dask)) == serial


def test_results_come_in_the_order_of_the_items_and_alike_items_are_each_worked_on(dask: Cluster) -> None:
    items = [3, 1, 2, 1, 3] * 5

    for results in (fan_out(double, items, processes=2), fan_out(double, items, over=dask)):
        assert list(results) == [2 * item for item in items]


def test_items_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = fan_out(double, items(), processes=2)
    assert next(results) == 0
    assert len(taken) <= 5
    assert list(results) == [2 * number for number in range(1, 100)]


def test_nothing_to_do_needs_nobody() -> None:
    assert list(fan_out(double, (), processes=2)) == []


def test_an_exception_comes_out_where_its_result_would(dask: Cluster) -> None:
    for results in (
        fan_out(fail_at_three, range(5), processes=1),
        fan_out(fail_at_three, range(5), processes=2),
        fan_out(fail_at_three, range(5), over=dask),
    ):
        assert [next(results) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(ValueError, match="three"):
            next(results)


def test_a_process_that_dies_is_one_line() -> None:
    with pytest.raises(MaintError, match="a process of the fan-out died"):
        list(fan_out(die, range(2), processes=2))
    assert list(fan_out(double, range(3), processes=2)) == [0, 2, 4]


def test_a_scheduler_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iot_maint.fan_out.cluster.CONNECT_WITHIN_S", 1)
    address = f"tcp://127.0.0.1:{free_port()}"

    with pytest.raises(StoreUnavailable, match=f"IOT_MAINT_DASK: no Dask scheduler answers at {address}"):
        list(fan_out(double, range(2), over=parse_cluster(address, NO_FILES)))


def test_a_scheduler_without_workers_says_so(tmp_path: Path) -> None:
    alone = DaskCluster(folder=tmp_path, workers=0)
    alone.start()
    try:
        with pytest.raises(MaintError, match="has no workers; start `dask worker` there"):
            list(fan_out(double, range(2), over=parse_cluster(alone.address, NO_FILES)))
    finally:
        alone.stop()


def test_without_distributed_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MaintError, match=r"pip install 'iot-maint\[dask\]'"):
        list(fan_out(double, range(2), over=Cluster(address="tcp://127.0.0.1:8786")))


def test_over_tls_both_sides_show_who_they_are(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own, stranger = authority.sign("cluster"), Authority(tmp_path, "another").sign("stranger")
    cluster = DaskCluster(folder=tmp_path, workers=1, tls=(authority.certificate, own))
    cluster.start()
    try:

        def files(shown: Path, key: Path) -> TlsFiles:
            prefix = "IOT_MAINT_DASK_TLS"
            return TlsFiles(prefix=prefix, authority=authority.certificate, certificate=shown, key=key)

        friend = parse_cluster(cluster.address, files(own.certificate, own.key))
        assert list(fan_out(double, range(3), over=friend)) == [0, 2, 4]
        foe = parse_cluster(cluster.address, files(stranger.certificate, stranger.key))
        with pytest.raises(StoreUnavailable, match="no Dask scheduler answers"):
            list(fan_out(double, range(3), over=foe))
    finally:
        cluster.stop()


def test_trained_on_a_cluster_the_models_are_the_same_files(
    dask: Cluster, tmp_path: Path, empty_databases: Callable[[], RelationalDatabase]
) -> None:
    rig = a_training_rig(tmp_path, empty_databases())
    for number in range(3):
        rig.pump(f"P-{number}", 15, seed=number)
    rig.pump("P-NEW", 3, seed=9)

    def trained(fan: FanOut) -> list[tuple[str, str]]:
        trainer = replace(rig.trainer, fan_out=fan, kinds=REAL_KINDS, default_kind="pca")
        outcomes = trainer.train(a_request())
        return [(one.subject, one.model.file) for one in outcomes if one.model is not None]

    serial = trained(partial(fan_out, processes=1))

    assert [subject for subject, _ in serial] == ["P-0", "P-1", "P-2", "pump/booster", "P-NEW"]
    assert trained(partial(fan_out, over=dask)) == serial
    assert trained(partial(fan_out, processes=2)) == serial
    rig.store.close()
