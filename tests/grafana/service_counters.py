"""What two workers would have reported in the story's two hours: of themselves, and of the quality of the data."""

from collections.abc import Iterator

from iot_maint.domain.telemetry import Point

EVERY_MS = 15_000
QUALITY_EVERY_MS = 300_000
_SILENT = range(120, 160)  # reports of worker 1 that were not stored: ten minutes
_RESTARTED = 241  # the report with which worker 2 begins anew


def service_counters(start_ms: int, end_ms: int) -> list[Point]:
    """Worker `roof` is without a store for a while, worker `yard` is started anew."""
    roof = [report for number, report in _reports(start_ms, end_ms, "roof", 0) if number not in _SILENT]
    yard = [report for _, report in _reports(start_ms, end_ms, "yard", _RESTARTED)]
    return roof + yard


def _reports(start_ms: int, end_ms: int, worker: str, restarted: int) -> Iterator[tuple[int, Point]]:
    for number, at_ms in enumerate(range(start_ms, end_ms, EVERY_MS)):
        lived = number - restarted if number >= restarted else number
        yield (
            number,
            Point(
                measurement="ingest",
                tags={"worker": worker, "installation": "0a1b2c3d"},
                at_ms=at_ms,
                fields=_counters(lived)
                | ({"messages_rejected_not_json": float(lived // 7)} if worker == "roof" else {}),
            ),
        )


def _counters(lived: int) -> dict[str, float | str]:
    """As they stand `lived` reports after the process began; most grow unevenly."""
    uneven = lived * lived % 11
    return {
        "messages_received": 900.0 * lived + uneven,
        "points_stored": 890.0 * lived + uneven,
        "messages_rejected": float(lived // 7 + lived // 3),
        "messages_rejected_too_old": float(lived // 3),
        "values_dropped": float(2 * (lived // 5)),
        "values_dropped_null": float(lived // 5),
        "values_dropped_sentinel": float(lived // 5),
        "store_failures": float(lived // 40),
        "store_failures_telemetry": float(lived // 40),
        "batches_decided": float(30 * lived),
        "decide_s": 0.3 * lived + 0.01 * uneven,
        "batches_acknowledged": float(31 * lived),
        "acknowledgement_s": 0.2 * lived + 0.01 * uneven,
        "broker_connected": float(lived % 50 != 0),
        "platform_alarm_broker_away": float(lived % 50 == 0),
        "platform_alarm_spool_full": 0.0,
        "spool_batches": float(uneven),
        "spool_age_s": uneven / 4,
        "silent_sensors": float(lived % 4),
        "silent_gateways": float(lived % 60 == 0),
        "frozen_series": float(lived // 100),
        "skewed_equipment": float(lived // 200),
        "readings_out_of_range": float(3 * (lived // 9)),
        "readings_jumped": float(lived // 50),
    }


def quality_figures(start_ms: int, end_ms: int) -> list[Point]:
    """What was reported every five minutes of a pump on each of two sites; one of them has no lag to tell at first."""
    return [
        Point(
            measurement="data_quality",
            tags={"site": site, "equipment": equipment},
            at_ms=at_ms,
            fields={
                "completeness": share - number / 100,
                "skew_s": -0.2,
                "ahead": 0.0,
                "silent": float(number % 3 == 0),
                "frozen": 0.0,
                "out_of_range": float(number % 2),
                "jumps": 0.0,
                "vib_rms.completeness": share,
            }
            | ({"lag_p95_s": 0.4 + number / 10} if share == 1.0 or number > 5 else {}),
        )
        for site, equipment, share in (("云庭", "booster_pump-1", 1.0), ("滨海", "booster_pump-2", 0.8))
        for number, at_ms in enumerate(range(start_ms + 60_000, end_ms, QUALITY_EVERY_MS))
    ]
