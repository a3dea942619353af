"""The equipment archive's words: what is maintained, where it stands, and what was ever done to its parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from iot_maint.domain.catalog import Limit


class EquipmentStatus(StrEnum):
    """Whether it is in use.

    Only equipment in service or under maintenance raises alarms; under maintenance, their orders wait until it is over.
    """

    UNREGISTERED = "unregistered"
    IN_SERVICE = "in_service"
    UNDER_MAINTENANCE = "under_maintenance"
    STOPPED = "stopped"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """One piece of equipment as the register knows it.

    `parameters` are by dotted name: `setpoint`, `nameplate.power_kw`, `site.pf_target`; `interval.<metric>`,
    `max_gap.<metric>`, `no_data.<metric>` and `stuck.<metric>` (seconds) replace the catalog's for this one.
    `merged_into` names the equipment whose alias this code has become.  `revision` grows with every change.
    """

    code: str
    name: str
    type: str
    site: str
    kind: str | None = None
    status: EquipmentStatus = EquipmentStatus.IN_SERVICE
    building: str | None = None
    floor: str | None = None
    room: str | None = None
    maker: str | None = None
    model: str | None = None
    serial: str | None = None
    commissioned_on: date | None = None
    warranty_until: date | None = None
    contractor: str | None = None
    contractor_licence: str | None = None
    contractor_phone: str | None = None
    parent: str | None = None
    gateway: str | None = None
    gateway_device: str | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    merged_into: str | None = None
    first_seen_at: datetime | None = None
    revision: int = 0

    @property
    def registered(self) -> bool:
        """Known by a person, not only by its telemetry."""
        return self.status is not EquipmentStatus.UNREGISTERED

    @property
    def raises(self) -> bool:
        """Whether what is found on it is an alarm."""
        return self.status in (EquipmentStatus.IN_SERVICE, EquipmentStatus.UNDER_MAINTENANCE)

    @property
    def in_use(self) -> bool:
        """Registered under its own code, and not retired."""
        return self.registered and self.merged_into is None and self.status is not EquipmentStatus.RETIRED

    @property
    def stranger(self) -> bool:
        """Known by its telemetry alone, and nobody has said yet what it is or whose alias."""
        return not self.registered and self.merged_into is None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitOverride:
    """A limit of one rule for one piece of equipment, instead of the catalog's.

    A `None` keeps the catalog's value.  `enabled=False` switches the rule off there.
    """

    equipment: str
    rule_key: str
    limit: Limit | None = None
    clear_limit: Limit | None = None
    for_duration: timedelta | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitChange:
    """One entry of the history of overrides: who changed what, when, from which to which."""

    equipment: str
    rule_key: str
    changed_at: datetime
    changed_by: str
    old: LimitOverride | None
    new: LimitOverride | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part that is built in, and how many."""

    code: str
    name: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReplacement:
    """A part replaced on a day, perhaps under a work order."""

    part: str
    quantity: int
    replaced_on: date
    work_order: str | None
    note: str
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A manual, drawing or certificate, by link."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relatives:
    """Whom a piece of equipment may be compared with, by code: all at its site, and in service."""

    siblings: tuple[str, ...] = ()
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitored:
    """What the decide path needs of one piece of equipment: the register's row, its overrides by rule key, and which
    sources of findings (by id) somebody has put into shadow or promoted.

    `relatives` are filled in where a rule compares with them.
    """

    equipment: Equipment
    overrides: Mapping[str, LimitOverride] = field(default_factory=dict)
    shadow: Mapping[str, bool] = field(default_factory=dict)
    relatives: Relatives = field(default_factory=Relatives)


class TransferKind(StrEnum):
    """Why points are copied from one identity to another."""

    CONFIRM = "confirm"
    MERGE = "merge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A job that copies the points of `source` (under `from_measurement`) to `target`, until all spools passed it.

    Copying again is harmless: the same point is overwritten by itself.
    """

    id: int
    kind: TransferKind
    source: str
    source_site: str
    from_measurement: str
    target: str
    target_site: str
    to_measurement: str
    requested_at: datetime
    requested_by: str
    points_copied: int = 0
    finished_at: datetime | None = None
