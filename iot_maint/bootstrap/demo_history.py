"""What the demo's site has behind it when the story begins: its register, weeks of telemetry, a model in shadow."""

from datetime import datetime, timedelta
from pathlib import Path

from iot_maint.bootstrap.demo_site import record_history
from iot_maint.bootstrap.installation import Installation, open_installation
from iot_maint.bootstrap.recorded_telemetry import store_recorded
from iot_maint.bootstrap.training import make_trainer
from iot_maint.domain.errors import MaintError
from iot_maint.ingest.recordings import read_recording
from iot_maint.services.register.importing import import_rows
from iot_maint.services.training.asking import TrainingRequest
from iot_maint.settings import Settings
from iot_maint.storage.register_files import read_register

HISTORY = timedelta(days=28)
WEARING = "BP-03"  # its bearing has been wearing for ten days: the forecast's
MODELLED = "BP-02"  # healthy until the story begins: what a model may learn from
_BY = "demo"


def prepare_site(settings: Settings, register: Path, recording: Path, story: datetime) -> int:
    """Import, store and train as on any day before; how many points there are then.

    The installation is closed again: its clock must not run on while all this takes its time.
    """
    record_history(recording, (WEARING, MODELLED), since=story - HISTORY, until=story)
    with open_installation(settings) as installation:
        _import(installation, register)
        stored = store_recorded(installation, read_recording(recording, settings.zone))
        _train(installation, story)
    return stored


def _import(installation: Installation, register: Path) -> None:
    with installation.database.transaction() as repositories:
        report = import_rows(repositories, installation.catalog, installation.clock, read_register(register))
    if report.refused:
        raise MaintError(f"the demo's register is refused: {report.refused[0].reason}")


def _train(installation: Installation, story: datetime) -> None:
    """In shadow, as a new model should start: it scores at once, and orders nothing."""
    request = TrainingRequest(start=story - HISTORY, until=story, by=_BY, codes=(MODELLED,), shadow=True)
    for outcome in make_trainer(installation, processes=1).train(request):
        if outcome.model is None:
            raise MaintError(f"the demo's model of {outcome.subject} was not trained: {outcome.way.value}")
