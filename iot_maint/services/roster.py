"""The register in memory, for the paths that may not ask a database per message."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from threading import Lock
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Catalog, EquipmentType
from iot_maint.domain.equipment import Equipment, EquipmentStatus, Monitored, Relatives
from iot_maint.domain.ports import Database
from iot_maint.domain.schedules import DEFAULT_ZONE
from iot_maint.rules.program import Program, compile_program
from iot_maint.services.relatives import Families, compares, listeners

REFRESH_EVERY_S = 1.0


class Watched(NamedTuple):
    """Equipment that telemetry speaks of, its compiled rules (none where no type is known), its points' tags."""

    monitored: Monitored
    program: Program | None
    tags: Mapping[str, str]


class Named(Protocol):
    """What says whose it is: telemetry, or an origin."""

    @property
    def site(self) -> str: ...

    @property
    def equipment(self) -> str: ...


class Roster:
    """Equipment by code, refreshed by the register's revision; aliases of merged codes resolved.

    `monotonic` gives real seconds.  Before the first refresh (`loaded` is false) nothing is known, and nothing may be
    concluded from a code's absence.
    """

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        late_after: timedelta,
        monotonic: Callable[[], float],
        zone: ZoneInfo = DEFAULT_ZONE,
    ) -> None:
        """`zone`: the site's, in which schedules tell the time."""
        self._database = database
        self._catalog = catalog
        self._late_after = late_after
        self._zone = zone
        self._monotonic = monotonic
        self._lock = Lock()
        self._revision = -1
        self._due = monotonic()
        self._entries: dict[str, Monitored] = {}
        self._programs: dict[str, Program] = {}
        self._gateways: Mapping[str, Mapping[str, Equipment]] = {}
        self._relatives: Mapping[str, Relatives] = {}  # of those that compare
        self._listeners: Mapping[str, tuple[str, ...]] = {}
        # By code: its site and what it stands for, as of one revision.
        self._watched: tuple[int, dict[str, tuple[str, Watched]]] = (-1, {})
        # As of one revision.
        self._sites: tuple[int, frozenset[str]] = (-1, frozenset())
        self.unregistered = 0

    @property
    def loaded(self) -> bool:
        """Whether the register was read at least once."""
        return self._revision >= 0

    @property
    def late_after(self) -> timedelta:
        """What is received that long after its time is late."""
        return self._late_after

    @property
    def revision(self) -> int:
        """Another number after every change; −1 before the first refresh."""
        return self._revision

    @property
    def sentinels(self) -> frozenset[float]:
        """Every number that stands for "no value" in some metric of some type."""
        types = self._catalog.types.values()
        return frozenset(code for one in types for metric in one.metrics.values() for code in metric.sentinels)

    @property
    def entries(self) -> Mapping[str, Monitored]:
        """All equipment by its own code, merged ones included; another mapping after every change."""
        return self._entries

    @property
    def sites(self) -> frozenset[str]:
        """Sites at which somebody has registered equipment; another set after every change."""
        revision, sites = self._sites
        if revision != self._revision:
            revision = self._revision
            sites = frozenset(one.equipment.site for one in self._entries.values() if not one.equipment.stranger)
            self._sites = (revision, sites)
        return sites

    def refresh_if_due(self) -> None:
        """Read what changed, at most once a second; `StoreUnavailable` leaves what is known as it is."""
        if self._monotonic() >= self._due:
            with self._lock:
                # Another thread may have read it, or found the database locked, while this one waited.
                if self._monotonic() >= self._due:
                    self._read()

    def refresh_for(self, named: Iterable[Named]) -> None:
        """Read what changed when it is time, or when a code is unknown: it may have been registered this second."""
        if any(item.equipment not in self._entries for item in named):
            self.refresh()
        else:
            self.refresh_if_due()

    def refresh(self) -> None:
        """Read what changed since the last time."""
        with self._lock:
            self._read()

    def _read(self) -> None:
        try:
            with self._database.reading() as repositories:
                revision = repositories.equipment.revision()
                if revision == self._revision:
                    return
                changed = repositories.equipment.monitored(self._revision)
        finally:
            # From here: a database that is locked answers only after seconds, which then are not spent every time.
            self._due = self._monotonic() + REFRESH_EVERY_S
        # Exchanged as a whole: other threads read it meanwhile, and an alias must not be there before its target.
        self._entries = {**self._entries, **{entry.equipment.code: entry for entry in changed}}
        for entry in changed:
            self._programs.pop(entry.equipment.code, None)
        self._relate()
        self.unregistered = sum(entry.equipment.stranger for entry in self._entries.values())
        self._gateways = _by_gateway(entry.equipment for entry in self._entries.values())
        self._revision = revision

    def _relate(self) -> None:
        """Who is compared with whom; a change of it is a change of the program."""
        register = [entry.equipment for entry in self._entries.values()]
        comparing = [one for one in register if compares(self.type_of(one))]
        families = Families(register) if comparing else None
        relatives = {one.code: families.of(one) for one in comparing} if families is not None else {}
        for code in relatives.keys() | self._relatives.keys():
            if relatives.get(code) != self._relatives.get(code):
                self._programs.pop(code, None)
        self._relatives = relatives
        self._listeners = listeners(relatives)

    def listeners_of(self, code: str) -> tuple[str, ...]:
        """Equipment whose rules compare it with this one, by code."""
        return self._listeners.get(code, ())

    def compares(self, code: str) -> bool:
        """Whether it is compared with others, or others with it: then its messages are judged one by one."""
        own = self._relatives.get(code)
        return code in self._listeners or (own is not None and own != Relatives())

    def owner_of(self, telemetry: Named) -> Monitored | None:
        """The equipment that the telemetry speaks of; None when its code is unknown, or known at another site.

        The latter is refused at the door, unless it came before the register could be read.
        """
        own = self._entries.get(telemetry.equipment)
        return self.get(telemetry.equipment) if own is not None and own.equipment.site == telemetry.site else None

    def watch(self, telemetry: Named) -> Watched | None:
        """`owner_of`, with its program; for every message, so remembered as long as the register stands."""
        # One object, exchanged as a whole: the decider and the drain both come here.  The revision is the last that
        # a refresh sets, so that nothing looked up in the midst of one is kept.
        revision, known = self._watched
        if revision != self._revision:
            revision, known = self._revision, {}
            self._watched = (revision, known)
        entry = known.get(telemetry.equipment)
        if entry is not None and entry[0] == telemetry.site:
            return entry[1]
        monitored = self.owner_of(telemetry)
        if monitored is None:
            return None
        tags = {"site": monitored.equipment.site, "equipment": monitored.equipment.code}
        watched = Watched(monitored, self.program(monitored), tags)
        known[telemetry.equipment] = (telemetry.site, watched)
        return watched

    def get(self, code: str) -> Monitored | None:
        """The equipment that a code stands for, by way of merged ones; None when the code is unknown."""
        entry = self._entries.get(code)
        while entry is not None and entry.equipment.merged_into is not None:
            entry = self._entries.get(entry.equipment.merged_into)
        return entry

    def devices_of(self, gateway: str) -> Mapping[str, Equipment] | None:
        """The equipment behind a gateway by the name that it has there: its `gateway_device`, or else its code.

        A name that two pieces of equipment in use claim is nobody's.  None before the register was read.
        """
        return self._gateways.get(gateway, {}) if self.loaded else None

    def type_of(self, equipment: Equipment) -> EquipmentType | None:
        """The equipment's type; None for unregistered equipment, or when its file is gone from the catalog."""
        return self._catalog.types.get(equipment.type) if equipment.registered else None

    def program(self, monitored: Monitored) -> Program | None:
        """Its compiled rules; None where no type is known."""
        code = monitored.equipment.code
        program = self._programs.get(code)
        if program is None:
            equipment_type = self.type_of(monitored.equipment)
            if equipment_type is None:
                return None
            related = replace(monitored, relatives=self._relatives.get(code, Relatives()))
            program = compile_program(equipment_type, related, self._late_after, self._zone)
            if self._entries.get(code) is monitored:  # else a refresh in another thread was faster
                self._programs[code] = program
        return program


def _by_gateway(register: Iterable[Equipment]) -> Mapping[str, Mapping[str, Equipment]]:
    """Gateway → device → equipment; what is in use goes before what was merged or retired."""
    claims: dict[str, dict[str, list[Equipment]]] = {}
    for one in register:
        if one.gateway is not None:
            claims.setdefault(one.gateway, {}).setdefault(one.gateway_device or one.code, []).append(one)
    return {
        gateway: {device: heir for device, heirs in devices.items() if (heir := _only_heir(heirs)) is not None}
        for gateway, devices in claims.items()
    }


def _only_heir(claimants: Sequence[Equipment]) -> Equipment | None:
    in_use = [one for one in claimants if one.merged_into is None and one.status is not EquipmentStatus.RETIRED]
    candidates = in_use or claimants
    return candidates[0] if len(candidates) == 1 else None
