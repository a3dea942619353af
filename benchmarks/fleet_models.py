"""Models for a simulated fleet, each from its device's first three weeks: no fault begins before their end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.fleet_service import DAY_MS
from firmware_sim.fleet import DeviceRun, FleetRun
from iot_maint.domain.catalog import Catalog
from iot_maint.domain.errors import NotEnoughHistory
from iot_maint.models.bins import Bins, Readings
from iot_maint.models.detector import DetectorKind, Recipe, Rows
from iot_maint.models.kinds import DEFAULT, KINDS
from iot_maint.services.scoring.live_models import LiveModel
from iot_maint.services.training.recipes import recipe_for

HEALTHY_DAYS = 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A detector, and when its scores are an anomaly."""

    kind: DetectorKind
    limit: float
    clear_limit: float
    dwell_rows: int

    @property
    def words(self) -> str:
        return f"{self.kind.name} {self.limit:g} {self.clear_limit:g} {self.dwell_rows}"


def shipped_settings(catalog: Catalog) -> Mapping[str, Setting]:
    """By equipment type, what `train` would take where nobody says otherwise."""
    return {
        name: Setting(
            kind=KINDS[spec.default or DEFAULT],
            limit=spec.limit,
            clear_limit=spec.clear,
            dwell_rows=spec.dwell_rows,
        )
        for name, type_ in catalog.types.items()
        if (spec := type_.detector) is not None
    }


@dataclass(slots=True)
class FleetModels:
    """`LiveModels` that never change."""

    revision: int = 1
    by_code: Mapping[str, Sequence[LiveModel]] = field(default_factory=dict)

    def of(self, equipment: str, /) -> Sequence[LiveModel]:
        return self.by_code.get(equipment, ())


def fit_models(run: FleetRun, catalog: Catalog, settings: Mapping[str, Setting]) -> FleetModels:
    """A model for each device of which there is enough; `settings` by equipment type."""
    models: dict[str, Sequence[LiveModel]] = {}
    for device in run.devices:
        setting = settings.get(device.member.profile.base.type)
        recipe = recipe_of(device, catalog)
        if setting is None or recipe is None:
            continue
        try:
            detector = setting.kind.fit(rows_of(device, recipe, run.t0_ms + HEALTHY_DAYS * DAY_MS), recipe)
        except NotEnoughHistory:
            continue
        model = LiveModel(
            id=device.code,
            kind=setting.kind,
            detector=detector,
            limit=setting.limit,
            clear_limit=setting.clear_limit,
            dwell_rows=setting.dwell_rows,
        )
        models[device.code] = (model,)
    return FleetModels(by_code=models)


def recipe_of(device: DeviceRun, catalog: Catalog) -> Recipe | None:
    """What the type declares for the device's kind, as far as the device sends it."""
    profile = device.member.profile.base
    recipe = recipe_for(catalog.types[profile.type], profile.kind)
    if recipe is None:
        return None
    metrics = tuple(name for name in recipe.metrics if name in device.metrics)
    if not metrics:
        return None
    return replace(
        recipe,
        metrics=metrics,
        drivers=tuple(name for name in recipe.drivers if name in device.metrics),
        gate=recipe.gate if recipe.gate in device.metrics else None,
    )


def rows_of(device: DeviceRun, recipe: Recipe, until_ms: int) -> Rows:
    """What the live path would have scored before that time: the same bins."""
    columns = recipe.columns
    bins = Bins()
    bins.add(len(columns), round(recipe.bin_s * 1000))
    sent = [device.metrics.index(name) for name in columns]
    early = device.at_ms < until_ms
    values = device.values[early][:, sent]
    row, column = np.nonzero(~np.isnan(values))
    taken = bins.take(
        Readings(np.zeros(len(row), dtype=np.int64), column, device.at_ms[early][row], values[row, column], row)
    )
    return Rows(metrics=columns, at_ms=taken.at_ms, values=taken.values)
