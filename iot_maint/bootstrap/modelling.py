"""Training and models of an installation: where the files are, and who checks the champions."""

from iot_maint.settings import Settings
from iot_maint.storage.model_files import FOLDER, DiskModelFiles
from iot_maint.storage.model_key import model_key


def model_files(settings: Settings) -> DiskModelFiles:
    """The model files of the data folder, under the installation's key."""
    given = settings.model_key.get_secret_value() if settings.model_key is not None else None
    return DiskModelFiles(settings.data_dir / FOLDER, lambda: model_key(settings.data_dir, given))
