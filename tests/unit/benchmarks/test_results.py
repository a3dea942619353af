from pathlib import Path

import pytest

from benchmarks.pictured import figures_of, label_of, rates_of
from benchmarks.results import Figure, Result, Row, keep, kept, ratio, tell, this_machine

FASTER = Figure(name="Drain", value=1.2, unit="×", bar=1.5, aim=2)
SMALLER = Figure(name="Memory", value=100, unit="MB", bar=150, aim=90, more_is_better=False)


def _row(subject: str, *rates: float) -> Row:
    return Row(subject=subject, rounds=[{"msg/s (10-90 %)": rate} for rate in rates])


def _result() -> Result:
    rows = [_row("iot-maint ingest", 10, 40, 20), _row("Telegraf", 5, 10, 10)]
    return Result(benchmark="ingest", method="a backlog", rows=rows, figures=[FASTER, SMALLER], notes=["a note"])


def test_the_ratio_is_the_median_of_the_rounds_ratios() -> None:
    # A round in which the machine was slow for both counts as any other.
    assert ratio(_row("ours", 100, 20, 90), _row("peer", 50, 5, 45), "msg/s (10-90 %)") == 2


def test_rounds_that_were_not_run_in_pairs_have_no_ratio() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratio(_row("ours", 1, 2), _row("peer", 1), "msg/s (10-90 %)")


def test_a_figure_is_reached_above_its_bar_or_below_it_where_less_is_better() -> None:
    assert not FASTER.reached
    assert FASTER.share_of_bar == pytest.approx(0.8)
    assert SMALLER.reached
    assert SMALLER.share_of_bar == pytest.approx(1.5)


def test_a_kept_result_is_read_again_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    machine = this_machine()

    keep(_result(), machine, folder)
    keep(_result(), machine, folder)
    [record] = kept(folder)

    assert record.result == _result()
    assert record.machine == machine
    assert machine.cores >= 1


def test_the_table_has_the_medians_and_says_which_bars_were_missed() -> None:
    lines = tell(_result()).splitlines()

    assert [line.split()[-1] for line in lines[2:4]] == ["20", "10"]
    assert "missed" in next(line for line in lines if line.startswith("Drain"))
    assert "reached" in next(line for line in lines if line.startswith("Memory"))
    assert lines[-1] == "a note"


def test_the_plot_shows_every_figure_and_the_rates_that_are_compared(tmp_path: Path) -> None:
    keep(_result(), this_machine(), tmp_path)
    other = Result(benchmark="memory", method="held", rows=[_row("iot-maint ingest", 1)])
    keep(other, this_machine(), tmp_path)
    records = kept(tmp_path)

    assert figures_of(records) == [FASTER, SMALLER]
    assert rates_of(records) == [("ingest: iot-maint ingest", 20, True), ("ingest: Telegraf", 10, False)]
    assert label_of(SMALLER) == "Memory\n100 MB (bar ≤ 150)"
