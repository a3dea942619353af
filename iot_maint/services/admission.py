"""What is refused at the door although it could be decoded: foreign sites, and floods of unknown codes and metrics."""

from collections.abc import Set

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
        # By code: its site and the metrics of its type, as long as the register stands as it was then.
        self._declared: dict[str, tuple[str, Set[str]]] = {}
        self._declared_in = roster.entries

    def reject(self, telemetry: Telemetry) -> Rejection | None:
        """Why the telemetry becomes a dead letter, or None."""
        code = telemetry.equipment
        entries = self._roster.entries
        if entries is not self._declared_in:
            self._declared_in = entries
            self._declared.clear()
        declared = self._declared.get(code)
        if declared is not None and telemetry.site == declared[0] and telemetry.values.keys() <= declared[1]:
            return None
        return self._judge(telemetry)

    def _judge(self, telemetry: Telemetry) -> Rejection | None:
        code = telemetry.equipment
        own = self._roster.entries.get(code)
        if own is None:
            return self._reject_unknown_code(telemetry)
        self._new_codes.discard(code)
        if own.equipment.site != telemetry.site:
            detail = f"{code} is registered at site {own.equipment.site}, not {telemetry.site}"
            return Rejection(reason="site_mismatch", detail=detail)
        entry = self._roster.get(code)
        equipment_type = self._roster.type_of(entry.equipment) if entry is not None else None
        metrics = equipment_type.metrics.keys() if equipment_type is not None else frozenset[str]()
        self._declared[code] = (own.equipment.site, metrics)
        if telemetry.values.keys() <= metrics:
            return None
        return self._reject_unknown_metrics(code, telemetry.values.keys() - metrics)

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
        self._new_codes = {code for code in self._new_codes if code not in self._roster.entries}
        return self._roster.unregistered + len(self._new_codes) >= self._max_unregistered

    def _reject_unknown_metrics(self, code: str, metrics: Set[str]) -> Rejection | None:
        known = self._unknown_metrics.setdefault(code, set())
        if len(known | metrics) > self._max_unknown_metrics:
            detail = f"{code} has sent {self._max_unknown_metrics} metrics that its type does not declare already"
            return Rejection(reason="too_many_metrics", detail=detail)
        known.update(metrics)
        return None
