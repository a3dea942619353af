"""The picture of `detect`: the metrics that drove the scores, the score with its limit, and when an alarm stood."""

from datetime import datetime
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from iot_maint.cli.detect_text import in_language, say_episodes
from iot_maint.domain.catalog import Language, Text
from iot_maint.domain.errors import MaintError
from iot_maint.domain.instants import instant
from iot_maint.ingest.sheets import Sheet
from iot_maint.models.detector import Recipe
from iot_maint.plots.canvas import FONTS
from iot_maint.services.detection import Detection, most_telling

METRICS = 4  # drawn
MOST_POINTS = 20_000  # of a line: more are not to be seen, but take minutes to draw
_LINE, _SCORE, _LIMIT, _ALARM, _TRAINED = "#2b5d8a", "#444444", "#c1553b", "#c1553b", "#2a7f62"
_SCORE_NAME = Text(zh="异常评分 score", en="score")
_LIMIT_NAME = Text(zh="限值 {limit:g}", en="limit {limit:g}")
_ALARM_NAME = Text(zh="告警", en="alarm")
_TRAINED_NAME = Text(zh="训练行", en="training rows")
_TITLE = Text(zh="{file} · 检测器 {kind} · {episodes}", en="{file} · detector {kind} · {episodes}")


def draw(path: Path, sheet: Sheet, found: Detection, recipe: Recipe, trained: int, spoken: Language) -> None:
    """A PNG or an SVG, by the path's ending; `trained`: how many of the first rows were learnt from."""
    names = most_telling(found, recipe, METRICS)
    at = [instant(one) for one in sheet.at_ms.tolist()]
    with mpl.rc_context(
        {
            "font.sans-serif": list(FONTS),
            "axes.unicode_minus": False,
            "svg.hashsalt": "iot-maint",
            # Columns are named by the user: what stands between two dollar signs is no mathematics.
            "text.parse_math": False,
        }
    ):
        figure = Figure(figsize=(12, 2.2 + 1.7 * len(names)), layout="constrained")
        axes = figure.subplots(len(names) + 1, 1, sharex=True, squeeze=False)[:, 0]
        for name, ax in zip(names, axes, strict=False):
            _line(ax, at, sheet.values[:, sheet.metrics.index(name)], _LINE, 0.8)
            ax.set_ylabel(name, fontsize=9)
        score: Axes = axes[-1]
        _line(score, at, found.scores.score, _SCORE, 0.9)
        label = in_language(_LIMIT_NAME, spoken).format(limit=found.limit.raised)
        score.axhline(found.limit.raised, color=_LIMIT, linewidth=1, linestyle="--", label=label)
        score.set_ylabel(in_language(_SCORE_NAME, spoken), fontsize=9)
        score.set_ylim(bottom=0)
        for ax in axes:
            for number, episode in enumerate(found.episodes):
                named = in_language(_ALARM_NAME, spoken) if number == 0 and ax is score else None
                ax.axvspan(
                    at[episode.begin],
                    at[min(episode.end, len(at) - 1)],
                    color=_ALARM,
                    alpha=0.18,
                    linewidth=0,
                    label=named,
                )
            if trained:
                named = in_language(_TRAINED_NAME, spoken) if ax is score else None
                ax.axvspan(at[0], at[trained - 1], color=_TRAINED, alpha=0.08, linewidth=0, label=named)
            ax.spines[["top", "right"]].set_visible(False)
            ax.tick_params(labelsize=8)
            ax.margins(x=0)  # a margin of a long time would reach beyond the year 9999
        score.legend(loc="upper left", fontsize=8, frameon=False, ncols=3)
        figure.align_ylabels(axes)
        figure.suptitle(
            in_language(_TITLE, spoken).format(
                file=sheet.path.name, kind=found.kind, episodes=say_episodes(len(found.episodes), spoken)
            ),
            fontsize=11,
        )
        try:
            figure.savefig(path, dpi=110, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
        except OSError as error:
            raise MaintError(f"{path}: {error.strerror or 'cannot be written'}") from None


def _line(
    ax: Axes, at: list[datetime], values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], colour: str, width: float
) -> None:
    every = -(-len(values) // MOST_POINTS)
    ax.plot(np.array(at[::every]), values[::every], color=colour, linewidth=width)
