"""Models of an installation: where the files are, and who scores what."""

from iot_maint.bootstrap.installation import Installation
from iot_maint.domain.ports import Database
from iot_maint.models.kinds import KINDS
from iot_maint.services.model_choice import ModelChoice
from iot_maint.services.model_loading import ModelLoader
from iot_maint.settings import Settings
from iot_maint.storage.model_files import FOLDER, DiskModelFiles
from iot_maint.storage.model_key import model_key


def model_files(settings: Settings) -> DiskModelFiles:
    """The model files of the data folder, under the installation's key."""
    given = settings.model_key.get_secret_value() if settings.model_key is not None else None
    return DiskModelFiles(settings.data_dir / FOLDER, lambda: model_key(settings.data_dir, given))


def model_loader(settings: Settings) -> ModelLoader:
    """From the registry's rows to detectors of this release."""
    return ModelLoader(files=model_files(settings), kinds=KINDS)


def model_choice(installation: Installation, database: Database) -> ModelChoice:
    """Who scores what; `database` may be one that watches its own absence."""
    return ModelChoice(database, model_loader(installation.settings))
