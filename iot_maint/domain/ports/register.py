"""The equipment register, within one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from iot_maint.domain.equipment import (
    Document,
    Equipment,
    LimitChange,
    LimitOverride,
    Monitored,
    Part,
    PartReplacement,
    Transfer,
)
from iot_maint.domain.queries import (
    EquipmentQuery,
    Page,
    PageRequest,
)


class EquipmentRepository(Protocol):
    """The register."""

    def revision(self) -> int:
        """A number that grows with every change to the register or an override."""
        ...

    def get(self, code: str) -> Equipment | None: ...

    def lineage(self, code: str) -> list[tuple[str, str]]:
        """(code, type) of the equipment, its parent, that one's parent and so on; empty for an unknown code."""
        ...

    def behind(self, code: str) -> Mapping[str, str]:
        """Type by code, of the equipment itself and all that hangs on it, however far down."""
        ...

    def same_gateway(self, code: str) -> list[str]:
        """The other equipment behind its gateway, by code; none for equipment without one."""
        ...

    def lock(self, codes: Sequence[str]) -> None:
        """Let no other transaction pass here with one of these until this one ends."""
        ...

    def monitored(self, since_revision: int = -1) -> list[Monitored]:
        """Equipment (unregistered and merged included) changed after that revision, with its overrides."""
        ...

    def page(self, query: EquipmentQuery, request: PageRequest) -> Page[Equipment]: ...

    def add(self, equipment: Equipment) -> bool:
        """False when the code was taken meanwhile."""
        ...

    def update(self, equipment: Equipment) -> None: ...

    def count_unregistered(self) -> int: ...

    def note_unknown_metrics(self, code: str, metrics: Sequence[str], at: datetime) -> None:
        """Remember which undeclared metrics a code has sent."""
        ...

    def unknown_metrics(self, code: str) -> list[str]: ...

    def overrides(self, code: str) -> list[LimitOverride]: ...

    def set_override(self, change: LimitChange) -> None:
        """Put `change.new` in force (None: back to the catalog) and keep the change."""
        ...

    def limit_changes(self, code: str) -> list[LimitChange]: ...

    def parts(self, code: str) -> list[Part]: ...

    def put_part(self, code: str, part: Part) -> None: ...

    def replacements(self, code: str) -> list[PartReplacement]: ...

    def add_replacement(self, code: str, replacement: PartReplacement) -> None: ...

    def documents(self, code: str) -> list[Document]: ...

    def add_document(self, code: str, document: Document) -> None: ...

    def add_transfer(self, transfer: Transfer) -> Transfer:
        """Stored, with its id."""
        ...

    def pending_transfers(self) -> list[Transfer]: ...

    def update_transfer(self, transfer: Transfer) -> None: ...

    def transfer(self, transfer_id: int) -> Transfer | None: ...
