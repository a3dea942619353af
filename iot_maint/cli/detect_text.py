"""What `detect` says to people, in the language of `IOT_MAINT_LANGUAGE`: it works without any other setting."""

import os
from collections.abc import Sequence

from iot_maint.domain.catalog import Language, Text
from iot_maint.domain.instants import instant
from iot_maint.ingest.sheets import Sheet
from iot_maint.models.detector import Recipe
from iot_maint.services.detection import Detection, Episode

MOST_TOLD = 20  # episodes

_REASONS = {
    "text": Text(zh="文本列", en="text"),
    "label": Text(
        zh="像是标签，不是遥测；要用请写 --metrics", en="looks like a label, not telemetry; use --metrics to watch it"
    ),
    "empty": Text(zh="全空", en="empty"),
}
_LEFT_OUT = Text(zh="未使用的列 {name}：{reason}", en="column {name} left out: {reason}")
_HEAD = Text(
    zh="检测器 {kind}，用 {healthy} 行健康数据训练，监视 {metrics} 个指标；限值 {limit:g}，回落到 {cleared:g} 解除",
    en="detector {kind}, trained on {healthy} healthy rows, watches {metrics} metrics;"
    " alarm at {limit:g}, cleared below {cleared:g}",
)
_WHY = Text(
    zh="自动选择（只看训练行）：{trials}",
    en="chosen on the training rows alone: {trials}",
)
_TRIAL = Text(
    zh="{kind} 误报时间 {alarmed:.1%}，植入偏移发现 {found:.0%}",
    en="{kind} {alarmed:.1%} of healthy time in alarm, {found:.0%} of planted shifts found",
)
_TOO_FEW = Text(
    zh="训练行太少，不做比较，用默认检测器", en="too few training rows to compare detectors: the default one"
)
_TOTAL = Text(
    zh="{rows} 行，{episodes}，占 {alarmed:.1%} 的行",
    en="{rows} rows, {episodes}, {alarmed:.1%} of rows in alarm",
)
_ONE_EPISODE = Text(zh="1 段告警", en="1 episode")
_EPISODES = Text(zh="{number} 段告警", en="{number} episodes")
_EPISODE = Text(
    zh="  {begin} 至 {end}：最高 {peak:.1f}，{metric} {way}",
    en="  {begin} to {end}: peak {peak:.1f}, {metric} {way}",
)
_MORE = Text(zh="  …… 另有 {more} 段", en="  … and {more} more")
_WAYS = {
    1: Text(zh="偏高", en="too high"),
    -1: Text(zh="偏低", en="too low"),
    0: Text(zh="异常", en="unusual"),
}


def language() -> Language:
    """An unknown one is the default: a first try must not fail on it."""
    wished = os.environ.get("IOT_MAINT_LANGUAGE", "").casefold()
    return Language.EN if wished.startswith("en") else Language.ZH_CN


def in_language(text: Text, spoken: Language) -> str:
    return text.en if spoken is Language.EN else text.zh


def say_episodes(number: int, spoken: Language) -> str:
    """`1 episode`, `3 episodes`."""
    return in_language(_ONE_EPISODE if number == 1 else _EPISODES, spoken).format(number=number)


def words_left_out(sheet: Sheet, spoken: Language) -> list[str]:
    """One line for each column that is not watched."""
    return [
        in_language(_LEFT_OUT, spoken).format(name=name, reason=in_language(_REASONS[reason], spoken))
        for name, reason in sheet.left_out
    ]


def summary(sheet: Sheet, found: Detection, recipe: Recipe, healthy: int, spoken: Language) -> list[str]:
    """Which detector and why, then the episodes."""
    lines = [
        in_language(_HEAD, spoken).format(
            kind=found.kind,
            healthy=healthy,
            metrics=len(recipe.metrics),
            limit=found.limit.raised,
            cleared=found.limit.cleared,
        )
    ]
    if found.chosen:
        lines.append(_why(found, spoken))
    lines.append(
        in_language(_TOTAL, spoken).format(
            rows=len(sheet.at_ms),
            episodes=say_episodes(len(found.episodes), spoken),
            alarmed=float(found.alarm.mean()),
        )
    )
    lines += [_episode(sheet, one, spoken) for one in found.episodes[:MOST_TOLD]]
    more = len(found.episodes) - MOST_TOLD
    return [*lines, in_language(_MORE, spoken).format(more=more)] if more > 0 else lines


def _why(found: Detection, spoken: Language) -> str:
    if not found.trials:
        return in_language(_TOO_FEW, spoken)
    trial = in_language(_TRIAL, spoken)
    told: Sequence[str] = [trial.format(kind=one.kind, alarmed=one.alarmed, found=one.found) for one in found.trials]
    return in_language(_WHY, spoken).format(trials="；".join(told) if spoken is Language.ZH_CN else "; ".join(told))


def _episode(sheet: Sheet, episode: Episode, spoken: Language) -> str:
    begin, end = (instant(int(sheet.at_ms[row])) for row in (episode.begin, episode.end - 1))
    way = in_language(_WAYS[episode.direction], spoken)
    return in_language(_EPISODE, spoken).format(
        begin=f"{begin:%Y-%m-%d %H:%M:%S}",
        end=f"{end:%Y-%m-%d %H:%M:%S}",
        peak=episode.peak,
        metric=episode.metric,
        way=way,
    )
