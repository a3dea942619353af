"""Detectors, comparisons, storms, shadow and plans together: no cut, repetition or crash changes anything."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import Basis, BasisKind, Catalog, Comparison, Limit, Severity, ThresholdRule
from iot_maint.domain.equipment import Equipment, EquipmentStatus
from iot_maint.domain.forecasts import Forecast
from iot_maint.domain.ports import Database
from iot_maint.domain.signals import Comparing, Measure
from iot_maint.domain.telemetry import Batch, Telemetry
from iot_maint.domain.work_orders import EntryKind, WorkOrder
from iot_maint.services.follow_up import FollowUp
from iot_maint.services.forecast_orders import ForecastDesk
from iot_maint.services.monitoring import Outcome
from iot_maint.services.shadowing import switch_shadow
from iot_maint.storage.relational.database import RelationalDatabase
from tests.builders import an_equipment
from tests.decide_path import SHANGHAI, DecidePath, register, start_path, told_events
from tests.live_models import ModelsInUse, a_model
from tests.pump_stories import at, pump
from tests.supply_stories import LIFT, PANEL, ROOM, sent

NewDatabase = Callable[[], RelationalDatabase]
TWINS = tuple(replace(an_equipment(code), parent="PR-1") for code in ("P-1", "P-2"))
REPAIRED = replace(an_equipment("P-3"), parent="PR-1", status=EquipmentStatus.UNDER_MAINTENANCE)
WEARING = an_equipment("P-4")
MODELS = ModelsInUse(
    by_code={"P-1": [a_model(metrics=("vib_rms",), mean=(2.0,), spread=(0.2,)), a_model(model_id="m2", shadow=True)]}
)
SHADOW_RULE = "pump.bearing_temp_warning"


def a_limit(key: str, limit: float, minutes: float, mode: str, beside_twin: bool = False) -> ThresholdRule:
    signal = Comparing(with_parent=False, measure=Measure.PERCENT, fresh=timedelta(minutes=9)) if beside_twin else None
    return ThresholdRule(
        id=f"pump.{key}",
        key=key,
        metric="vib_rms",
        comparison=Comparison.ABOVE,
        limit=Limit(value=limit),
        clear_limit=Limit(value=limit * 0.9),
        for_duration=timedelta(minutes=minutes),
        occurrences=1,
        severity=Severity.WARNING,
        fault_mode=mode,
        kinds=frozenset(),
        gated=False,
        max_gap=None,
        basis=Basis(kind=BasisKind.ENGINEERING_DEFAULT),
        signal=signal,
    )


def a_catalog() -> Catalog:
    declared = load_catalog()
    pumps = declared.types["pump"]
    rules = (a_limit("jolts", 5.5, 0, "PMP-CAV"), a_limit("beside_twin", 50.0, 3, "PMP-CHECK", beside_twin=True))
    compared = replace(pumps, rules={**pumps.rules, **{rule.key: rule for rule in rules}})
    return replace(declared, types={**declared.types, "pump": compared})


CATALOG = a_catalog()


def start(database: Database) -> DecidePath:
    return start_path(database, CATALOG, at(0), models=MODELS)


def begin(new: NewDatabase) -> DecidePath:
    """A site with a supply, a lift, twins, one under repair, and one whose bearing has an order planned for it."""
    database = new()
    register(database, ROOM, PANEL, LIFT, *TWINS, REPAIRED, WEARING)
    path = start(database)
    desk = ForecastDesk(catalog=CATALOG, clock=path.clock, site_zone=SHANGHAI, channels=(), windows=())
    forecast = Forecast(
        equipment=WEARING.code,
        fault_mode="PMP-BEAR",
        day=at(0).date(),
        made_at=at(0),
        rule="pump.bearing_temp_critical",
        metric="bearing_temp",
        comparison=Comparison.ABOVE,
        severity=Severity.CRITICAL,
        basis="engineering_default",
        limit=95.0,
        healthy=60.0,
        level=75.0,
        indicator=0.5,
        since=at(-9 * 24 * 60),
        p10=at(24 * 60),
        p50=at(2 * 24 * 60),
        p90=at(3 * 24 * 60),
        confidence=0.9,
    )
    with database.transaction() as repositories:
        assert desk.follow(repositories, WEARING, "PMP-BEAR", forecast) is not None
        switch_shadow(repositories, CATALOG, path.clock, SHADOW_RULE, equipment="P-2", shadow=True, by="li")
    path.roster.refresh()
    return path


@dataclass(frozen=True)
class Phase:
    """So many rounds in which all devices speak, `step` minutes apart, and how each of them is meanwhile."""

    rounds: int
    step: float
    supplied: bool
    lift_hot: bool
    vib: tuple[float, float, float]
    swings: bool
    bearing: tuple[float, float]
    late_by: float


PHASES = st.builds(
    Phase,
    rounds=st.integers(2, 14),
    step=st.sampled_from([0.1, 1.0, 1.0, 2.0]),
    supplied=st.booleans(),
    lift_hot=st.booleans(),
    vib=st.tuples(st.sampled_from([2.0, 3.4, 6.0]), st.sampled_from([2.0, 3.4]), st.sampled_from([2.0, 6.0])),
    swings=st.booleans(),
    bearing=st.tuples(st.sampled_from([60.0, 85.0, 99.0]), st.sampled_from([60.0, 99.0])),
    late_by=st.sampled_from([0.0, 0.0, 0.0, 90.0]),
)


# A symptom of the supply outlives it on the pump under repair, and is gone before a long batch ends.
_STILL = Phase(12, 0.1, False, False, (2.0, 2.0, 2.0), True, (60.0, 60.0), 0.0)
OUTLIVES_UNDER_REPAIR = [
    replace(_STILL, rounds=14),
    replace(_STILL, rounds=13, step=2.0, supplied=True, lift_hot=True, vib=(2.0, 2.0, 6.0), swings=False),
    replace(_STILL, rounds=10, swings=False, bearing=(60.0, 99.0)),
    replace(_STILL, step=1.0, vib=(2.0, 3.4, 2.0)),
]

# A symptom that outlives its cause by nothing: its detector says so with the next message, at a time before it.
GONE_IN_TIME = [
    Phase(3, 2.0, False, False, (6.0, 3.4, 2.0), True, (85.0, 99.0), 0.0),
    Phase(12, 1.0, True, True, (6.0, 3.4, 2.0), False, (99.0, 99.0), 0.0),
    Phase(14, 2.0, False, True, (3.4, 3.4, 6.0), True, (99.0, 60.0), 90.0),
]


def tell(phases: Sequence[Phase]) -> list[Telemetry]:
    minute, story = 0.0, []
    for phase in phases:
        for turn in range(phase.rounds):
            minute += phase.step
            late, one, two, three = phase.late_by, *phase.vib
            low = 2.0 if phase.swings and turn % 2 else one
            story += [
                sent("PR-1", minute, late_by=late, voltage_dev=0.5 if phase.supplied else -97.0),
                sent("E-1", minute, late_by=late, machine_room_temp=45.0 if phase.lift_hot else 25.0),
                pump(minute, late_by=late, code="P-1", vib_rms=low, bearing_temp=60.0),
                pump(minute, late_by=late, code="P-2", vib_rms=two, bearing_temp=phase.bearing[0]),
                pump(minute, late_by=late, code="P-3", vib_rms=three, bearing_temp=phase.bearing[1]),
                pump(minute, late_by=late, code="P-4", bearing_temp=phase.bearing[0]),
            ]
    return story


def repeated(story: Sequence[Telemetry], again: Sequence[tuple[int, int]]) -> list[Telemetry]:
    """Messages of these places come once more, so many places later."""
    found = list(story)
    for place, later in again:
        if place < len(story):
            found.insert(min(len(found), place + later + 1), story[place])
    return found


def asks(path: DecidePath, newest: Mapping[str, int]) -> DecidePath:
    """The path with follow-ups that ask, as live, how far each equipment's telemetry has come."""

    def heard(equipment: Equipment) -> Mapping[str, int]:
        return {"any": newest.get(equipment.code, 0)}

    return replace(path, follow_up=FollowUp(database=path.database, desk=path.desk, heard=heard))


def play(path: DecidePath, story: Sequence[Telemetry], sizes: Sequence[int], crashes: Sequence[int] = ()) -> bytes:
    """In batches of these sizes, in turn; killed after those of these numbers, and begun again where it had saved."""
    batches: list[Batch] = []
    taken = 0
    while taken < len(story):
        some = tuple(story[taken : taken + sizes[len(batches) % len(sizes)]])
        batches.append(
            Batch(number=len(batches) + 1, received_at_ms=max(i.received_at_ms for i in some), telemetry=some)
        )
        taken += len(some)
    outcomes: list[Outcome] = []
    newest: dict[str, int] = {}
    path = asks(path, newest)
    left, index = list(crashes), 0
    while index < len(batches):
        batch = batches[index]
        path.clock.advance(max(at(item.at_ms / 60_000 - at(0).timestamp() / 60) for item in batch.telemetry))
        outcomes.append(path.monitor.handle(batch))
        for item in batch.telemetry:
            newest[item.equipment] = max(item.at_ms, newest.get(item.equipment, 0))
        path.follow_up.run()
        index += 1
        if left and index == left[0]:
            left.pop(0)
            path = asks(start(path.database), newest)
            index = path.monitor.start()
        elif index % 3 == 0:
            path.monitor.checkpoint(index)
    return told_events(outcomes) + b"\n\n" + told(path)


def told(path: DecidePath) -> bytes:
    """Orders, with event times and evidence; not numbers, nor what the clock said, which is the batches'."""
    orders = path.orders()
    names = {order.number: f"{order.equipment}/{order.fault_mode}/{order.raised_at}" for order in orders}
    return b"\n".join(sorted(msgspec.json.encode(timeless(order, names)) for order in orders))


def timeless(order: WorkOrder, names: dict[str, str]) -> WorkOrder:
    epoch = at(0)
    return replace(
        order,
        number=names[order.number],
        previous=None if order.previous is None else names[order.previous],
        opened_at=epoch,
        ended_at=None,
        deadlines={},
        timeline=tuple(
            replace(
                entry,
                recorded_at=epoch,
                at=epoch if entry.kind is EntryKind.TRANSITION else entry.at,
                note="" if entry.kind is EntryKind.TRANSITION else entry.note,
            )
            for entry in order.timeline
        ),
        symptoms=tuple(
            sorted(
                (
                    replace(one, alarm=0, hung_at=epoch, order=None if one.order is None else names[one.order])
                    for one in order.symptoms
                ),
                key=repr,
            )
        ),
    )


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    phases=st.lists(PHASES, min_size=1, max_size=6),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    again=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 30)), max_size=6),
    crashes=st.lists(st.integers(1, 40), max_size=3, unique=True).map(sorted),
)
@example(phases=OUTLIVES_UNDER_REPAIR, sizes=[28, 20], again=[], crashes=[])
@example(phases=GONE_IN_TIME, sizes=[35], again=[], crashes=[])
def test_any_cut_repetition_and_crash_tells_the_same_events_and_orders(
    empty_databases: NewDatabase,
    phases: list[Phase],
    sizes: list[int],
    again: list[tuple[int, int]],
    crashes: list[int],
) -> None:
    story = tell(phases)
    whole = play(begin(empty_databases), story, [1])

    assert play(begin(empty_databases), story, sizes) == whole
    assert play(begin(empty_databases), repeated(story, again), sizes, crashes) == whole


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_story_has_all_of_it(empty_databases: NewDatabase, size: int) -> None:
    """What the property is about does happen: else it would say nothing."""
    quiet = Phase(4, 1.0, True, False, (2.0, 2.0, 2.0), False, (60.0, 60.0), 0.0)
    shaking = replace(quiet, rounds=14, vib=(3.4, 2.0, 2.0))
    swinging = replace(quiet, rounds=14, step=0.1, vib=(6.0, 2.0, 2.0), swings=True)
    dark = replace(quiet, rounds=14, supplied=False, lift_hot=True, bearing=(99.0, 99.0))
    path = begin(empty_databases)
    play(path, tell([quiet, shaking, quiet, swinging, quiet, dark, quiet]), [size])

    orders = {(order.equipment, order.fault_mode): order for order in path.orders()}
    assert {("PR-1", "PWR-SUPPLY"), ("P-4", "PMP-BEAR"), ("P-1", "PMP-CAV")} <= orders.keys()
    assert EntryKind.MADE_DUE in {entry.kind for entry in orders["P-4", "PMP-BEAR"].timeline}
    assert "E-1" in {symptom.equipment for symptom in orders["PR-1", "PWR-SUPPLY"].symptoms}
    assert "P-3" not in {equipment for equipment, _ in orders}
