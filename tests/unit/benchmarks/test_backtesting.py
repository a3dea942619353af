from benchmarks.backtesting import Fleet, run


def test_a_small_season_is_read_whole_and_its_figure_told() -> None:
    result = run(1, Fleet(days=1, devices=2))

    [row] = result.rows
    assert row.median("s") > 0
    assert [figure.name for figure in result.figures] == ["`backtest` of 90 days × 60 devices × 6 metrics at 1 min"]
