"""`iot-maint train`."""

from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from iot_maint.bootstrap.installation import open_installation
from iot_maint.bootstrap.training import make_trainer
from iot_maint.cli.console import say, say_error, say_json
from iot_maint.cli.instants import read_instant
from iot_maint.cli.progress import watched
from iot_maint.domain.errors import UnknownEquipment
from iot_maint.services.model_text import model_document
from iot_maint.services.training.asking import AUTO, LOOK_BACK, TrainingOutcome, TrainingRequest, Way
from iot_maint.services.training.healthy import Reason
from iot_maint.services.training.telling import say_outcome
from iot_maint.settings import Settings, load_settings

BY = "cli"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("train", help="用历史训练检测模型 · Train detectors on stored history.")(run)


def run(
    equipment: Annotated[list[str] | None, typer.Argument(help="Codes; or --type, or --all.")] = None,
    equipment_type: Annotated[str | None, typer.Option("--type", help="All in use of that type.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All in use.")] = False,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Default 90 days before --to; 2026-03-01 or RFC 3339.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Default now.")] = None,
    detector: Annotated[str, typer.Option(help="A detector's name, or auto: the type's own.")] = AUTO,
    shadow: Annotated[bool, typer.Option("--shadow", help="The new models score at once, and never order.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how much history there is; train nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line.")] = False,
) -> None:
    """On healthy history alone: what was wrong, mended or mismeasured is left out by itself.  A line for each."""
    if sum((bool(equipment), equipment_type is not None, everything)) != 1:
        raise typer.BadParameter("name equipment (P-01 …), or --type TYPE, or --all; one of the three")
    settings = load_settings()
    with open_installation(settings) as installation:
        trainer = make_trainer(installation)
        until = read_instant("--to", to, settings.zone) or installation.clock.now()
        request = TrainingRequest(
            start=read_instant("--from", from_, settings.zone) or until - LOOK_BACK,
            until=until,
            by=BY,
            codes=equipment or (),
            type=equipment_type,
            detector=detector,
            shadow=shadow,
        )
        outcomes = trainer.foresee(request) if dry_run else trainer.train(request)
        asked, tally = trainer.asked_for(request), _Tally()
        with watched(lambda: f"设备 equipment {tally.done}/{asked}") as clear:
            for outcome in outcomes:
                tally.count(outcome)
                clear()
                _say(outcome, settings, dry=dry_run, as_json=as_json)
    if not tally.said:
        raise UnknownEquipment(_nobody(equipment_type))
    if tally.empty and tally.empty == tally.looked_at:
        say_error(_no_data(request, settings.zone))
    if not dry_run and not tally.made:
        raise typer.Exit(1)


@dataclass(slots=True, kw_only=True)
class _Tally:
    """How many outcomes there were and how many of these are of equipment, for how many of them a history was read, how
    many of these were without a single bin of telemetry, and how many have a model of their own now."""

    said: int = 0
    done: int = 0
    looked_at: int = 0
    empty: int = 0
    made: int = 0

    def count(self, outcome: TrainingOutcome) -> None:
        self.said += 1
        self.done += outcome.way is not Way.FLEET_ITSELF
        self.looked_at += outcome.way is not Way.NOTHING_TO_WATCH
        self.empty += outcome.rows == 0 and outcome.left_out.keys() == {Reason.NO_DATA}
        self.made += outcome.model is not None and outcome.model.equipment is not None


def _say(outcome: TrainingOutcome, settings: Settings, *, dry: bool, as_json: bool) -> None:
    if as_json:
        say_json(_document(outcome, settings))
    else:
        say(say_outcome(outcome, settings.language, dry=dry))


def _nobody(equipment_type: str | None) -> str:
    of = "" if equipment_type is None else f" {equipment_type}"
    return (
        f"台账中没有在用的{of}设备 · no{of} equipment in use in the register; `iot-maint equipment import` brings it in"
    )


def _no_data(request: TrainingRequest, zone: ZoneInfo) -> str:
    start, until = (f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (request.start, request.until))
    return (
        f"{start} 至 {until} 之间没有遥测；用 --from、--to 另选 · "
        f"no telemetry from {start} to {until}; choose another span with --from and --to"
    )


def _document(outcome: TrainingOutcome, settings: Settings) -> dict[str, object]:
    model = outcome.model
    return {
        "subject": outcome.subject,
        "way": outcome.way.value,
        "days": round(outcome.days, 2),
        "needed_days": outcome.needed,
        "rows": outcome.rows,
        "left_out": dict(outcome.left_out),
        "absent": list(outcome.absent),
        "trouble": outcome.trouble,
        "model": model_document(model, (), settings.language, settings.zone) if model is not None else None,
    }
