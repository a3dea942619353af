"""What of the kept results is drawn."""

from collections.abc import Sequence

from benchmarks.results import Figure, Record

# In which benchmarks a rate of messages is compared, and its name there.
_RATES = {"ingest": "msg/s (10-90 %)", "durable": "msg/s (10-90 %)", "live": "msg/s held"}


def figures_of(records: Sequence[Record]) -> list[Figure]:
    """All figures that have a bar, in the order of their benchmarks."""
    return [figure for record in records for figure in record.result.figures]


def rates_of(records: Sequence[Record]) -> list[tuple[str, float, bool]]:
    """(label, messages a second in the median, whether it is the product's)."""
    return [
        (f"{record.result.benchmark}: {row.subject}", row.median(measure), row.subject.startswith("iot-maint"))
        for record in records
        if (measure := _RATES.get(record.result.benchmark)) is not None
        for row in record.result.rows
    ]


def label_of(figure: Figure) -> str:
    sign = "≥" if figure.more_is_better else "≤"
    return f"{figure.name}\n{figure.value:.3g} {figure.unit} (bar {sign} {figure.bar:g})"
