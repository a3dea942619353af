"""Training of an installation: on which cores or machines, and who checks the champions."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

from iot_maint.bootstrap.installation import Installation
from iot_maint.bootstrap.modelling import model_files, model_loader
from iot_maint.bootstrap.spreading import cluster_of
from iot_maint.fan_out import fan_out
from iot_maint.models.kinds import DEFAULT, KINDS
from iot_maint.services.model_checks import ModelChecker
from iot_maint.services.training.history import HistoryReader
from iot_maint.services.training.trainer import Trainer

T = TypeVar("T")
R = TypeVar("R")


def make_trainer(installation: Installation, *, processes: int | None = None) -> Trainer:
    """Over the cluster of the settings, else over `processes` of this machine, by default as many as it has cores.

    `BrokenSetting` for a cluster that may not be.
    """
    settings = installation.settings
    cluster = cluster_of(settings)

    def spread(function: Callable[[T], R], items: Iterable[T], /) -> Iterator[R]:
        return fan_out(function, items, over=cluster, processes=processes)

    return Trainer(
        database=installation.database,
        store=installation.telemetry,
        files=model_files(settings),
        catalog=installation.catalog,
        kinds=KINDS,
        default_kind=DEFAULT,
        clock=installation.clock,
        zone=settings.zone,
        fan_out=spread,
    )


def model_checker(installation: Installation) -> ModelChecker | None:
    """Who holds champions against their calibration; None where the setting says never."""
    every = installation.settings.model_check_every
    if every <= timedelta(0):
        return None

    def reader(start: datetime, until: datetime) -> HistoryReader:
        return HistoryReader(
            database=installation.database,
            store=installation.telemetry,
            zone=installation.settings.zone,
            start=start,
            until=until,
        )

    return ModelChecker(
        database=installation.database,
        clock=installation.clock,
        loader=model_loader(installation.settings),
        # One at a time, in this process: beside everything else that the jobs have to do.
        trainer=make_trainer(installation, processes=1),
        every=every,
        reader=reader,
    )
