"""`iot-maint replay`."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from iot_maint.bootstrap.replay_models import replayed_models
from iot_maint.bootstrap.replaying import Stage, open_stage
from iot_maint.cli.console import say, say_json
from iot_maint.cli.progress import show_progress
from iot_maint.domain.alarms import AlarmEvent
from iot_maint.domain.findings import Finding
from iot_maint.domain.telemetry import Telemetry
from iot_maint.ingest.recordings import read_recording
from iot_maint.services.monitoring import Outcome
from iot_maint.services.order_text import order_text
from iot_maint.services.ordering import OrderStep
from iot_maint.services.replaying import replay
from iot_maint.settings import Settings, load_settings

PACED_BATCH = 20  # messages; a paced replay shows what happens when it happens


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay", help="用录制的遥测重放判断过程 · Recorded telemetry through the live decide path.")(run)


def run(
    files: Annotated[list[Path], typer.Argument(help="JSONL, CSV or line protocol (.lp), played in this order.")],
    register_file: Annotated[
        Path | None, typer.Option("--register", help="The equipment; default the installation's.")
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option("--model", help="An id or a status, as in backtest; default those in use, none with --register."),
    ] = None,
    speed: Annotated[
        float | None, typer.Option(min=0.001, help="Times the data's own pace; default as fast as it goes.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line per finding, alarm and order event.")] = False,
) -> None:
    """In the data's own time, where nothing is late, into stores that are thrown away."""
    settings = load_settings()
    telemetry = (item for file in files for item in read_recording(file, settings.zone))
    counts = {"telemetry": 0, "findings": 0, "orders": 0}
    with (
        replayed_models(settings, register_file, models or ()) as scoring,
        open_stage(settings, register_file, scoring) as stage,
    ):
        paced = _pace(telemetry, speed) if speed is not None else telemetry
        counted = _count(show_progress(paced, "遥测 telemetry"), counts)
        batches = {"batch": PACED_BATCH} if speed is not None else {}
        due = stage.follow_up.run
        for outcome in replay(counted, stage.monitor, stage.clock.advance, **batches, follow_up=due):
            counts["findings"] += len(outcome.findings)
            counts["orders"] += sum(step.event == "opened" for step in outcome.steps)
            _say_outcome(outcome, stage, settings, as_json=as_json)
    if not as_json:
        read, found, opened = counts["telemetry"], counts["findings"], counts["orders"]
        say(f"遥测 telemetry {read} · 发现 findings {found} · 工单 orders {opened}")


def _count(telemetry: Iterable[Telemetry], counts: dict[str, int]) -> Iterator[Telemetry]:
    for item in telemetry:
        counts["telemetry"] += 1
        yield item


def _pace(telemetry: Iterable[Telemetry], speed: float) -> Iterator[Telemetry]:
    first_ms: int | None = None
    began = time.monotonic()
    for item in telemetry:
        first_ms = item.at_ms if first_ms is None else first_ms
        wait_s = (item.at_ms - first_ms) / 1000 / speed - (time.monotonic() - began)
        if wait_s > 0:
            time.sleep(wait_s)
        yield item


def _say_outcome(outcome: Outcome, stage: Stage, settings: Settings, *, as_json: bool) -> None:
    if as_json:
        for finding in outcome.findings:
            say_json({"line": "finding", **_finding(finding)})
        for event in outcome.events:
            say_json({"line": "alarm", **_alarm(event)})
    for step in outcome.steps:
        if as_json:
            say_json({"line": "order", **_order(step)})
        elif step.event == "opened":
            with stage.database.reading() as repositories:
                equipment = repositories.equipment.get(step.order.equipment)
            say(order_text(step.order, stage.catalog, equipment, settings.language, settings.zone) + "\n")


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "kind": finding.kind,
        "equipment": finding.equipment,
        "fault_mode": finding.fault_mode,
        "rule": finding.rule,
        "severity": finding.severity,
        "onset_at": finding.onset_at,
        "at": finding.at,
        "evidence": finding.evidence,
        "shadow": finding.shadow,
    }


def _alarm(event: AlarmEvent) -> dict[str, object]:
    return {
        "kind": event.kind,
        "equipment": event.key.equipment,
        "fault_mode": event.key.fault_mode,
        "raised_at": event.key.raised_at,
        "onset_at": event.onset_at,
        "severity": event.severity,
        "rule": event.finding.rule,
        "at": event.finding.at,
        "shadow": event.key.shadow,
        "model": event.key.model or None,
    }


def _order(step: OrderStep) -> dict[str, object]:
    order = step.order
    return {
        "event": step.event,
        "number": order.number,
        "site": order.site,
        "equipment": order.equipment,
        "fault_mode": order.fault_mode,
        "status": order.status,
        "urgency": order.urgency,
        "onset_at": order.onset_at,
        "raised_at": order.raised_at,
        "rule": step.entry.rule,
        "at": step.entry.at,
    }
