"""What came of a training, in one line."""

from collections.abc import Mapping

from iot_maint.domain.catalog import Language, Text
from iot_maint.services.training.asking import PLACE_DAYS, TrainingOutcome, Way

_REASONS: Mapping[str, Text] = {
    "no_data": Text(zh="无数据", en="no data"),
    "data_fault": Text(zh="数据故障", en="data faults"),
    "maintenance": Text(zh="维修", en="maintenance"),
    "order": Text(zh="工单", en="orders"),
    "alarm": Text(zh="告警", en="alarms"),
}
_DONE: Mapping[Way, Text] = {
    Way.OWN: Text(zh="已训练自己的模型 {id}（{detector}，{status}）", en="own model {id} ({detector}, {status})"),
    Way.FLEET: Text(
        zh="自己的历史不足 {needed:g} 天，已在同类模型中就位：模型 {id}（{detector}，{status}）",
        en="less than {needed:g} d of its own: placed in its fleet, model {id} ({detector}, {status})",
    ),
    Way.FLEET_ITSELF: Text(
        zh="同类模型 {id}（{detector}），合并 {members} 台", en="fleet model {id} ({detector}) of {members}"
    ),
}
_FORESEEN: Mapping[Way, Text] = {
    Way.OWN: Text(zh="足够训练自己的模型（需 {needed:g} 天）", en="enough for a model of its own ({needed:g} d)"),
    Way.FLEET: Text(
        zh="不足以训练自己的模型（需 {needed:g} 天），可在同类模型中就位（需 {place:g} 天）",
        en="too little for a model of its own ({needed:g} d), enough for a place in its fleet ({place:g} d)",
    ),
}
_NOT_DONE: Mapping[Way, Text] = {
    Way.NOTHING_TO_WATCH: Text(
        zh="此类型或种类没有可监视的指标（目录 [detector]）",
        en="nothing to watch of this type and kind (catalog, [detector])",
    ),
    Way.TOO_SHORT: Text(
        zh="历史不足：自己的模型需 {needed:g} 天，在同类中就位需 {place:g} 天且同类合计 {needed:g} 天",
        en="too little history: its own model takes {needed:g} d; a place in its fleet {place:g} d, and of all of the "
        "fleet {needed:g} d",
    ),
    Way.NOT_FITTED: Text(zh="未能训练：{trouble}", en="not fitted: {trouble}"),
}


def say_outcome(outcome: TrainingOutcome, language: Language, *, dry: bool = False) -> str:
    """`P-01  own model 12 (tracker, candidate)  30.0 d healthy; left out: 1.4 d alarms`."""
    texts = {**_NOT_DONE, **(_FORESEEN if dry else _DONE)}
    model = outcome.model
    said = (
        texts[outcome.way]
        .of(language)
        .format(
            needed=outcome.needed,
            place=PLACE_DAYS,
            trouble=outcome.trouble,
            id=model.id if model is not None else "",
            detector=model.detector if model is not None else "",
            status=model.status.value if model is not None else "",
            members=len(model.card.members) if model is not None else 0,
        )
    )
    if outcome.way is Way.NOTHING_TO_WATCH:
        return f"{outcome.subject}  {said}"
    healthy = Text(zh="健康历史 {days:.1f} 天", en="{days:.1f} d healthy").of(language).format(days=outcome.days)
    return "  ".join(
        (outcome.subject, said, "; ".join((healthy, *_left_out(outcome, language), *_absent(outcome, language))))
    )


def _left_out(outcome: TrainingOutcome, language: Language) -> list[str]:
    if not outcome.left_out:
        return []
    each = ", ".join(f"{_REASONS[reason].of(language)} {count}" for reason, count in outcome.left_out.items())
    return [Text(zh="剔除时段：{each}", en="bins left out: {each}").of(language).format(each=each)]


def _absent(outcome: TrainingOutcome, language: Language) -> list[str]:
    if not outcome.absent:
        return []
    names = ", ".join(outcome.absent)
    return [Text(zh="几乎没有的指标：{names}", en="hardly ever sent: {names}").of(language).format(names=names)]
