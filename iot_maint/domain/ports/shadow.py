"""Which sources of findings are in shadow, within one transaction."""

from collections.abc import Sequence
from typing import Protocol

from iot_maint.domain.shadow import ShadowChange, ShadowSwitch


class ShadowRepository(Protocol):
    """Switches in force, and every change of one."""

    def switches(self) -> list[ShadowSwitch]:
        """Those in force, by source and equipment."""
        ...

    def change(self, change: ShadowChange, types: Sequence[str] | None) -> None:
        """Put `change.new` in force (None: as declared) and keep the change; the equipment concerned counts as changed.

        Without an equipment of its own it concerns all of these types, or (None) all there is.
        """
        ...

    def changes(self) -> list[ShadowChange]:
        """Oldest first."""
        ...
