"""`iot-maint models`."""

from collections.abc import Iterator
from typing import Annotated

import typer

from iot_maint.bootstrap.installation import Installation, open_installation
from iot_maint.bootstrap.modelling import model_files
from iot_maint.cli.console import say, say_json
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.ports import Repositories
from iot_maint.domain.queries import PageRequest
from iot_maint.domain.trained_models import ModelQuery, ModelStatus, TrainedModel
from iot_maint.services.model_registry import find_model, promote_model, roll_back_model
from iot_maint.services.model_text import MODEL_EVENTS, MODEL_STATUSES, model_document, say_noted_backtest
from iot_maint.services.quantities import say_clock_time
from iot_maint.settings import Settings, load_settings

PAGE = 500
BY = "cli"

Json = Annotated[bool, typer.Option("--json", help="One JSON document a line.")]
Note = Annotated[str, typer.Option(help="Kept with it.")]
Ids = Annotated[list[int], typer.Argument(help="As `models list` shows them.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="异常检测模型 · Trained models.", no_args_is_help=True)
    group.command("list")(list_models)
    group.command("show")(show)
    group.command("promote")(promote)
    group.command("rollback")(rollback)
    app.add_typer(group, name="models")


def list_models(
    equipment: Annotated[str | None, typer.Option(help="Of that equipment alone.")] = None,
    equipment_type: Annotated[str | None, typer.Option("--type", help="Of that type alone.")] = None,
    status: Annotated[ModelStatus | None, typer.Option(help="Of that status alone.")] = None,
    as_json: Json = False,
) -> None:
    """The newest first."""
    settings = load_settings()
    query = ModelQuery(equipment=equipment, type=equipment_type, status=status)
    with open_installation(settings) as installation:
        empty = True
        for model in _pages(installation, query):
            empty = False
            if as_json:
                say_json(model_document(model, (), settings.language, settings.zone))
            else:
                say(_line(model, settings))
    if empty and not as_json:
        say("没有模型 · no models; `iot-maint train` makes them")


def show(model_id: Annotated[int, typer.Argument(help="As `models list` shows it.")], as_json: Json = False) -> None:
    """One model: its card, its story, and whether its file is good."""
    settings = load_settings()
    with open_installation(settings) as installation:
        with installation.database.reading() as repositories:
            model = find_model(repositories, model_id)
            document = _document(repositories, model, settings)
        if as_json:
            say_json(document)
        else:
            _say_card(model, settings)
            with installation.database.reading() as repositories:
                for event in repositories.models.events(model_id):
                    what = MODEL_EVENTS[event.kind].of(settings.language)
                    say(f"{say_clock_time(event.at, settings.zone)}  {what}  {event.by}  {event.note}".rstrip())
        model_files(settings).load(model.file)


def promote(models: Ids, note: Note = "", as_json: Json = False) -> None:
    """Make them the champions of their equipment, all or none; a model whose file is refused is not promoted."""
    settings = load_settings()
    files = model_files(settings)
    with open_installation(settings) as installation, installation.database.transaction() as repositories:
        for model_id in models:
            files.load(find_model(repositories, model_id).file)
            model = promote_model(repositories, model_id, by=BY, clock=installation.clock, note=note)
            _say_step(repositories, model, settings, as_json=as_json)


def rollback(
    model_id: Annotated[int, typer.Argument(help="The champion to take back.")], note: Note = "", as_json: Json = False
) -> None:
    """Put the champion before this one back in its place."""
    settings = load_settings()
    with open_installation(settings) as installation, installation.database.transaction() as repositories:
        model = roll_back_model(repositories, model_id, by=BY, clock=installation.clock, note=note)
        model_files(settings).load(model.file)
        _say_step(repositories, model, settings, as_json=as_json)


def _say_step(repositories: Repositories, model: TrainedModel, settings: Settings, *, as_json: bool) -> None:
    if as_json:
        say_json(_document(repositories, model, settings))
    else:
        say(_line(model, settings))


def _document(repositories: Repositories, model: TrainedModel, settings: Settings) -> JsonObject:
    return model_document(model, repositories.models.events(model.id), settings.language, settings.zone)


def _pages(installation: Installation, query: ModelQuery) -> Iterator[TrainedModel]:
    cursor: str | None = None
    while True:
        with installation.database.reading() as repositories:
            page = repositories.models.page(query, PageRequest(limit=PAGE, cursor=cursor))
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _line(model: TrainedModel, settings: Settings) -> str:
    card, zone = model.card, settings.zone
    span = f"{card.trained_from.astimezone(zone):%Y-%m-%d} … {card.trained_until.astimezone(zone):%Y-%m-%d}"
    status = MODEL_STATUSES[model.status].of(settings.language)
    fleet = " (fleet)" if card.fleet_file is not None else ""
    return f"{model.id}\t{model.owner.subject}\t{model.detector}{fleet}\t{status}\t{span}\t{card.rows}"


def _say_card(model: TrainedModel, settings: Settings) -> None:
    card = model.card
    say(_line(model, settings))
    say(f"指标 metrics   {', '.join(card.metrics)}")
    say(f"解释量 drivers {', '.join(card.drivers) or '—'}")
    say(f"运行 gate      {card.gate or '—'}   间隔 bin {card.bin_s:g} s")
    say(f"限值 limits    {card.limit:g} / {card.clear_limit:g}, {card.dwell_rows} rows")
    say(f"分位 scores    {', '.join(f'{name} {value:g}' for name, value in card.percentiles.items())}")
    say(f"剔除 left out  {', '.join(f'{name} {count}' for name, count in card.left_out.items()) or '—'}")
    say(f"回测 backtest  {say_noted_backtest(model, settings.language, settings.zone) or '—'}")
    say(f"版本 versions  {', '.join(f'{name} {version}' for name, version in card.versions.items())}; seed {card.seed}")
    say(f"文件 file      {model.file}")
