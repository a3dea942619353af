"""Which models of the registry a backtest tries, loaded from their verified files; and what it says, on their cards."""

import json
from collections.abc import Mapping, Sequence

from iot_maint.bootstrap.modelling import model_loader
from iot_maint.services.backtest.naming_models import models_named
from iot_maint.services.backtest.result import BacktestResult
from iot_maint.services.model_choice import live_model
from iot_maint.services.quantities import say_instant
from iot_maint.services.scoring.live_models import LiveModel
from iot_maint.settings import Settings
from iot_maint.storage.relational.database import open_database


def chosen_models(settings: Settings, asked: Sequence[str], codes: Sequence[str]) -> Mapping[str, LiveModel]:
    """By equipment; `asked` are ids, or statuses: then the newest of that status on each (of `codes`; empty: all).

    `MaintError` says which is none, or cannot be loaded.
    """
    if not asked:
        return {}
    loader = model_loader(settings)
    with open_database(settings.database) as database, database.reading() as repositories:
        chosen = models_named(repositories, asked, codes)
    # As if it were the champion: that is the question.
    return {code: live_model(loader.load(model), shadow=False) for code, model in chosen.items()}


def note_backtests(settings: Settings, result: BacktestResult) -> None:
    """What the models came to as they stand, each on its equipment, onto their cards."""
    setting, zone = result.settings[0], settings.zone
    with open_database(settings.database) as database, database.transaction() as repositories:
        for one in setting.equipment:
            model = result.models.get(one.coverage.equipment)
            if model is None:
                continue
            found = [
                fault.by is not None for fault in setting.faults if fault.fault.equipment == one.coverage.equipment
            ]
            said = {
                "from": say_instant(result.start, zone),
                "to": say_instant(result.end, zone),
                "limit": model.limit,
                "device_months": round(one.coverage.months, 6),
                "alarms": one.alarms,
                "false_alarms": one.false_alarms,
                "share_in_alarm": round(one.share_in_alarm, 6),
                "known_faults": len(found),
                "found": sum(found),
            }
            repositories.models.note_backtest(int(model.id), json.dumps(said))
