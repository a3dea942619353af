"""Trained models in the reader's language."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from iot_maint.domain.catalog import Language, Text
from iot_maint.domain.json_value import Json, JsonObject
from iot_maint.domain.trained_models import ModelCard, ModelEvent, ModelEventKind, ModelStatus, TrainedModel
from iot_maint.services.quantities import say_instant, say_known_instant

MODEL_STATUSES: Mapping[ModelStatus, Text] = {
    ModelStatus.CANDIDATE: Text(zh="候选", en="candidate"),
    ModelStatus.SHADOW: Text(zh="影子运行", en="in shadow"),
    ModelStatus.CHAMPION: Text(zh="现役", en="champion"),
    ModelStatus.RETIRED: Text(zh="已退役", en="retired"),
}
MODEL_EVENTS: Mapping[ModelEventKind, Text] = {
    ModelEventKind.TRAINED: Text(zh="训练", en="trained"),
    ModelEventKind.PROMOTED: Text(zh="转为现役", en="promoted"),
    ModelEventKind.ROLLED_BACK: Text(zh="回退至此", en="rolled back to"),
    ModelEventKind.RETIRED: Text(zh="退役", en="retired"),
}


def model_document(model: TrainedModel, events: Sequence[ModelEvent], language: Language, zone: ZoneInfo) -> JsonObject:
    """One model with its card and its story."""
    return {
        "id": model.id,
        "scope": model.owner.scope.value,
        "equipment": model.equipment,
        "type": model.equipment_type,
        "kind": model.kind,
        "detector": model.detector,
        "status": model.status.value,
        "status_label": MODEL_STATUSES[model.status].of(language),
        "file": model.file,
        "created_at": say_instant(model.created_at, zone),
        "created_by": model.created_by,
        "promoted_at": say_known_instant(model.promoted_at, zone),
        "promoted_by": model.promoted_by,
        "replaced": model.replaced,
        "retired_at": say_known_instant(model.retired_at, zone),
        "card": _card(model.card, zone),
        "backtest": _said(model.backtest),
        "events": [
            {
                "event": event.kind.value,
                "event_label": MODEL_EVENTS[event.kind].of(language),
                "at": say_instant(event.at, zone),
                "by": event.by,
                "note": event.note,
            }
            for event in events
        ],
    }


def _card(card: ModelCard, zone: ZoneInfo) -> JsonObject:
    return {
        "detector": card.detector,
        "metrics": list(card.metrics),
        "drivers": list(card.drivers),
        "gate": card.gate,
        "bin_s": card.bin_s,
        "trained_from": say_instant(card.trained_from, zone),
        "trained_until": say_instant(card.trained_until, zone),
        "rows": card.rows,
        "left_out": dict(card.left_out),
        "present": dict(card.present),
        "limit": card.limit,
        "clear_limit": card.clear_limit,
        "dwell_rows": card.dwell_rows,
        "percentiles": dict(card.percentiles),
        "tail": list(card.tail),
        "seed": card.seed,
        "versions": dict(card.versions),
        "members": list(card.members),
        "fleet_file": card.fleet_file,
        "reason": card.reason,
    }


class _Noted(msgspec.Struct, rename={"start": "from", "end": "to"}):
    """What `backtest --note` puts onto a card, as far as it is said in words."""

    start: datetime
    end: datetime
    limit: float
    device_months: float
    alarms: int
    false_alarms: int
    known_faults: int
    found: int


_NOTED = Text(
    zh="{start} … {end}，{months:.1f} 设备·月，限值 {limit:g}：告警 {alarms}，其中误报 {false}；"
    "已知故障发现 {found}/{known}",
    en="{start} … {end}, {months:.1f} device-months, limit {limit:g}: alarms {alarms}, of them false {false}; "
    "known faults found {found}/{known}",
)


def say_noted_backtest(model: TrainedModel, language: Language, zone: ZoneInfo) -> str | None:
    """What a backtest said of the model, in one line; None where none was noted."""
    if model.backtest is None:
        return None
    noted = msgspec.json.decode(model.backtest, type=_Noted)
    start, end = (f"{at.astimezone(zone):%Y-%m-%d}" for at in (noted.start, noted.end))
    return _NOTED.of(language).format(
        start=start,
        end=end,
        months=noted.device_months,
        limit=noted.limit,
        alarms=noted.alarms,
        false=noted.false_alarms,
        found=noted.found,
        known=noted.known_faults,
    )


def _said(backtest: str | None) -> Json:
    said: Json = None if backtest is None else json.loads(backtest)
    return said
