"""A figure to bytes, in fonts that know Chinese."""

import io
from collections.abc import Mapping
from threading import Lock

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text

from iot_maint.plots import Format

FONTS = ("Noto Sans CJK SC", "DejaVu Sans")
_DPI = 110
# No date: the same picture is the same bytes.
_METADATA: Mapping[Format, dict[str, str | None]] = {
    "png": {"Software": "iot-maint"},
    "svg": {"Date": None, "Creator": "iot-maint"},
}
# Matplotlib's caches of fonts and glyphs are shared by all threads.
_drawing = Lock()


def font(size: float, *, bold: bool = False) -> FontProperties:
    """The fonts by name, not by a setting: settings are the whole process's."""
    return FontProperties(family=list(FONTS), size=size, weight="bold" if bold else "normal")


def set_fonts(axes: Axes, size: float) -> None:
    """Ticks and their offset text; titles and labels bring their own."""
    for axis in (axes.xaxis, axes.yaxis):
        for label in [*axis.get_ticklabels(), axis.get_offset_text()]:
            label.set_fontproperties(font(size))


def render(figure: Figure, form: Format) -> bytes:
    """The file's bytes; the same figure gives the same ones."""
    for text in figure.findobj(Text):
        if isinstance(text, Text):
            # Names come from outside: what stands between two dollar signs in them is no mathematics.
            text.set_parse_math(False)
    out = io.BytesIO()
    with _drawing:
        figure.savefig(out, format=form, dpi=_DPI, metadata=_METADATA[form])
    return out.getvalue()
