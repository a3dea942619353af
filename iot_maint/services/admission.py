"""What is refused at the door although it could be decoded: foreign sites, and floods of unknown codes and metrics."""

from collections.abc import Sequence, Set, Sized

from iot_maint.domain.telemetry import Rejection, Telemetry
from iot_maint.services.roster import Roster


class Admission:
    """Decides from memory alone, so that an absent database never holds up an acknowledgement."""

    def __init__(self, roster: Roster, max_unregistered: int, max_unknown_metrics: int) -> None:
        self._roster = roster
        self._max_unregistered = max_unregistered
        self._max_unknown_metrics = max_unknown_metrics
        self._new_codes: set[str] = set()
        self._unknown_metrics: dict[str, set[str]] = {}
        self._pruned_in: object = None

    @property
    def register(self) -> Sized:
        """All equipment; another object after every change of the register."""
        return self._roster.entries

    def declares(self, site: str, code: str, metrics: Sequence[str]) -> bool:
        """Whether the equipment is registered there, with a type that declares all of the metrics."""
        own = self._roster.entries.get(code)
        return own is not None and own.equipment.site == site and self._declared(code) >= set(metrics)

    def reject(self, telemetry: Telemetry) -> Rejection | None:
        """Why the telemetry becomes a dead letter, or None."""
        code = telemetry.equipment
        own = self._roster.entries.get(code)
        if own is None:
            return self._reject_unknown_code(telemetry)
        self._new_codes.discard(code)
        if own.equipment.site != telemetry.site:
            detail = f"{code} is registered at site {own.equipment.site}, not {telemetry.site}"
            return Rejection(reason="site_mismatch", detail=detail)
        if unknown := telemetry.values.keys() - self._declared(code):
            return self._reject_unknown_metrics(code, unknown)
        return None

    def _declared(self, code: str) -> Set[str]:
        """The metrics of the type of what that code stands for; none where no type is known."""
        entry = self._roster.get(code)
        equipment_type = self._roster.type_of(entry.equipment) if entry is not None else None
        return equipment_type.metrics.keys() if equipment_type is not None else frozenset[str]()

    def _reject_unknown_code(self, telemetry: Telemetry) -> Rejection | None:
        code = telemetry.equipment
        if not self._roster.loaded:  # nothing can be called unknown yet
            return None
        if code not in self._new_codes:
            if self._is_full():
                detail = (
                    f"{self._max_unregistered} unregistered codes are known already; register {code} or raise the bound"
                )
                return Rejection(reason="too_many_unregistered", detail=detail)
            self._new_codes.add(code)
        return self._reject_unknown_metrics(code, telemetry.values.keys())

    def _is_full(self) -> bool:
        """Whether no further code is taken in: those that the register has heard of by now count there alone."""
        if self._roster.unregistered + len(self._new_codes) < self._max_unregistered:
            return False
        if self._pruned_in is self._roster.entries:  # a flood must not pay for this with every message
            return True
        self._pruned_in = self._roster.entries
        self._new_codes = {code for code in self._new_codes if code not in self._roster.entries}
        return self._roster.unregistered + len(self._new_codes) >= self._max_unregistered

    def _reject_unknown_metrics(self, code: str, metrics: Set[str]) -> Rejection | None:
        known = self._unknown_metrics.setdefault(code, set())
        if len(known | metrics) > self._max_unknown_metrics:
            detail = f"{code} has sent {self._max_unknown_metrics} metrics that its type does not declare already"
            return Rejection(reason="too_many_metrics", detail=detail)
        known.update(metrics)
        return None
