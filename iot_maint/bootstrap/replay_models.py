"""Which models score in a replay: those that are asked for, or those that score live."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from iot_maint.bootstrap.backtest_models import chosen_models
from iot_maint.bootstrap.modelling import model_loader
from iot_maint.services.backtest.modelled import ChosenModels
from iot_maint.services.model_choice import ModelChoice
from iot_maint.services.scoring.live_models import NO_MODELS, LiveModels
from iot_maint.settings import Settings
from iot_maint.storage.relational.database import open_database


@contextmanager
def replayed_models(settings: Settings, register: Path | None, asked: Sequence[str]) -> Iterator[LiveModels]:
    """`asked`: ids or statuses as in a backtest, each as if it were the champion.

    Without any the installation's equipment (`register` None) is scored as live, by its champions and beside them what
    is in shadow; that of a register file is not.  `MaintError` says which that was asked for cannot be.
    """
    if asked:
        yield ChosenModels(chosen_models(settings, asked, ()))
    elif register is not None:
        yield NO_MODELS
    else:
        with open_database(settings.database) as database:
            yield ModelChoice(database, model_loader(settings))
