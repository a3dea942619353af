"""Pictures, drawn without a screen and without any state that threads would share."""

import importlib
from typing import Literal
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Language
from iot_maint.services.backtest.picture import Picture

Format = Literal["png", "svg"]


def plot_backtest(picture: Picture, language: Language, zone: ZoneInfo, form: Format) -> bytes:
    """`backtest.draw_backtest`.  Matplotlib is loaded now: a service that draws nothing must not carry it."""
    drawn: bytes = importlib.import_module("iot_maint.plots.backtest").draw_backtest(picture, language, zone, form)
    return drawn
