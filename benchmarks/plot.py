"""`python -m benchmarks.plot`: what is kept in `results/`, as one picture beside it.

Left, each figure as a share of its bar; right, the rates of the subscribers.  Draws nothing that was not measured.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure as Picture

from benchmarks.pictured import figures_of, label_of, rates_of
from benchmarks.results import RESULTS, Record, kept

PICTURE = "figures.svg"
_REACHED, _MISSED, _OURS, _PEERS = "#2a7f62", "#c1553b", "#2b5d8a", "#9aa5b1"


def draw(records: Sequence[Record], path: Path) -> None:
    figures, rates = figures_of(records), rates_of(records)
    fonts = ["Noto Sans CJK SC", "DejaVu Sans"]
    with mpl.rc_context({"font.sans-serif": fonts, "axes.unicode_minus": False, "svg.fonttype": "path"}):
        picture = Picture(figsize=(13, 1.5 + 0.55 * max(len(figures), len(rates), 3)), layout="constrained")
        against_bar, throughput = picture.subplots(1, 2)
        colours = [_REACHED if figure.reached else _MISSED for figure in figures]
        against_bar.barh([label_of(one) for one in figures], [one.share_of_bar for one in figures], color=colours)
        against_bar.axvline(1, color="black", linewidth=1)
        against_bar.set_title("Figures against their bars (1 is the bar, right of it better)")
        throughput.barh(
            [label for label, *_ in rates],
            [rate for _, rate, _ in rates],
            color=[_OURS if ours else _PEERS for *_, ours in rates],
        )
        throughput.set_title("Messages a second")
        for axes in (against_bar, throughput):
            axes.invert_yaxis()
            axes.tick_params(axis="y", labelsize=8)
            axes.spines[["top", "right"]].set_visible(False)
        taken = max(record.taken_at for record in records)
        machine = records[-1].machine
        picture.supxlabel(
            f"{machine.cores} cores, {machine.processor}; medians; last taken {taken:%Y-%m-%d}", fontsize=8
        )
        picture.savefig(path, metadata={"Date": None})


def main() -> None:
    records = kept()
    if not records:
        sys.exit("benchmarks.plot: nothing is kept in benchmarks/results yet: run `python -m benchmarks`")
    draw(records, RESULTS / PICTURE)
    print(RESULTS / PICTURE)


if __name__ == "__main__":
    main()
