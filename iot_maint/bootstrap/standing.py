"""The platform alarms of all workers, as the database knows them, for whoever asks whether the service is ready."""

from collections.abc import Sequence

from iot_maint.bootstrap.bounded_check import BoundedCheck
from iot_maint.domain.errors import MaintError
from iot_maint.domain.platform_alarms import PlatformAlarm
from iot_maint.domain.ports import Database


class StandingEverywhere:
    """Asks the database, never for longer than a check may take; nothing stands as far as is known while it is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found: Sequence[PlatformAlarm] = ()
        self._look = BoundedCheck(self._read)

    def __call__(self) -> Sequence[PlatformAlarm]:
        try:
            self._look()
        except MaintError:  # the check of the database says so already
            return ()
        return self._found

    def _read(self) -> None:
        with self._database.reading() as repositories:
            self._found = repositories.platform_alarms.standing()
