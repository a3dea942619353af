"""Something that is away is a platform alarm only once it has been so for a while: a short reconnect is none."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from iot_maint.domain.errors import StoreRefused, StoreUnavailable
from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.domain.ports import PlatformAlarms

PATIENCE = timedelta(seconds=10)  # of real time


class Absence:
    """Told of every try, by whoever tries, from any thread: raises the alarm, and clears it at the first success."""

    def __init__(
        self,
        platform: PlatformAlarms,
        kind: PlatformAlarmKind,
        *,
        patience: timedelta = PATIENCE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._platform = platform
        self._kind = kind
        self._patience_s = patience.total_seconds()
        self._monotonic = monotonic
        self._away_since: float | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """One try: a store that is unavailable is away, from when the try began; one that refuses has answered."""
        began = self._monotonic()
        try:
            yield
        except StoreUnavailable as error:
            self._note(str(error), began)
            raise
        except StoreRefused:
            self.back()
            raise
        self.back()

    def away(self, detail: str) -> None:
        """A try failed, with those words."""
        self._note(detail, self._monotonic())

    def back(self) -> None:
        """A try succeeded."""
        self._away_since = None
        self._platform.clear(self._kind)

    def _note(self, detail: str, began: float) -> None:
        since = self._away_since
        if since is None:  # another thread may say so at the same moment
            self._away_since = since = began
        if self._monotonic() - since >= self._patience_s:
            self._platform.raise_alarm(self._kind, detail)
