"""Who telemetry belongs to: unregistered codes are confirmed as a type, or merged into registered equipment."""

from dataclasses import replace

from iot_maint.domain.catalog import UNREGISTERED, Catalog
from iot_maint.domain.equipment import Equipment, EquipmentStatus, Transfer, TransferKind
from iot_maint.domain.errors import Conflict, InvalidInput, UnknownEquipment
from iot_maint.domain.ports import Clock, Repositories
from iot_maint.services.ordering import OrderDesk
from iot_maint.services.register.checks import require_sound
from iot_maint.services.standing_down import stand_down


def confirm(
    repositories: Repositories,
    catalog: Catalog,
    clock: Clock,
    code: str,
    equipment_type: str,
    *,
    kind: str | None = None,
    name: str | None = None,
    by: str,
) -> Transfer:
    """Register an unregistered code as that type, in service.  Its points follow by the transfer that is returned."""
    old = _known(repositories, code)
    if old.registered:
        raise Conflict(f"{code} is registered already, as {old.type}")
    new = replace(old, type=equipment_type, kind=kind, name=name or old.name, status=EquipmentStatus.IN_SERVICE)
    require_sound(repositories, catalog, new, old)
    repositories.equipment.update(new)
    return begin_confirmation(repositories, clock, new, by=by)


def begin_confirmation(repositories: Repositories, clock: Clock, confirmed: Equipment, *, by: str) -> Transfer:
    """The job that moves the points of a code that was just confirmed to its type's measurement."""
    return repositories.equipment.add_transfer(
        Transfer(
            id=0,
            kind=TransferKind.CONFIRM,
            source=confirmed.code,
            source_site=confirmed.site,
            from_measurement=UNREGISTERED,
            target=confirmed.code,
            target_site=confirmed.site,
            to_measurement=confirmed.type,
            requested_at=clock.now(),
            requested_by=by,
        )
    )


def merge(repositories: Repositories, desk: OrderDesk, source: str, target: str, *, by: str) -> Transfer:
    """Make `source` an alias of the registered `target`: its telemetry is the target's from now on, and was before.

    What stood of its alarms is cleared: from now on its readings speak for the target.
    `Conflict` where one of them is merged already or still being copied, so that no chain is ever a circle.
    """
    if source == target:
        raise InvalidInput("into", f"{source} cannot be merged into itself")
    old, into = _known(repositories, source), _known(repositories, target)
    for one in (old, into):
        if one.merged_into is not None:
            raise Conflict(f"{one.code} was merged into {one.merged_into} already")
    if not into.registered:
        raise Conflict(f"{target} is not registered; confirm it first")
    moving = [transfer for transfer in repositories.equipment.pending_transfers() if transfer.target == source]
    if moving:
        raise Conflict(f"points of {moving[0].source} are still being copied to {source}; try again when they are")
    stand_down(repositories, desk, old)
    repositories.equipment.update(replace(old, merged_into=target))
    # Changes of the register come one after the other from here on: nobody has turned the target away meanwhile.
    if (further := _known(repositories, target).merged_into) is not None:
        raise Conflict(f"{target} was merged into {further} meanwhile; nothing was changed")
    return repositories.equipment.add_transfer(
        Transfer(
            id=0,
            kind=TransferKind.MERGE,
            source=source,
            source_site=old.site,
            from_measurement=old.type if old.registered else UNREGISTERED,
            target=target,
            target_site=into.site,
            to_measurement=into.type,
            requested_at=desk.clock.now(),
            requested_by=by,
        )
    )


def _known(repositories: Repositories, code: str) -> Equipment:
    equipment = repositories.equipment.get(code)
    if equipment is None:
        raise UnknownEquipment(f"no equipment {code}")
    return equipment
