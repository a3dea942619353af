"""`iot-maint equipment`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from iot_maint.bootstrap.installation import Installation, open_installation
from iot_maint.cli.console import say, say_error, say_json
from iot_maint.cli.known_faults import export_faults
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.queries import EquipmentQuery, PageRequest
from iot_maint.services.register.exporting import export_rows
from iot_maint.services.register.importing import ImportReport, import_rows
from iot_maint.settings import load_settings
from iot_maint.storage.register_files import read_register, register_csv, write_register

PAGE = 500

Json = Annotated[bool, typer.Option("--json", help="JSON for scripts.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="设备台账 · The register.", no_args_is_help=True)
    group.command("import")(import_file)
    group.command("list")(list_equipment)
    group.command("export")(export)
    group.command("faults")(export_faults)
    app.add_typer(group, name="equipment")


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV or TOML; columns code,name,type,site and more.")],
    partial: Annotated[bool, typer.Option("--partial", help="Take the good rows beside bad ones.")] = False,
    as_json: Json = False,
) -> None:
    """Import a register.  Every bad row is listed; nothing is imported unless all are good, or with --partial."""
    settings = load_settings()
    rows = read_register(file)
    with open_installation(settings) as installation, installation.database.transaction() as repositories:
        report = import_rows(repositories, installation.catalog, installation.clock, rows, partial=partial)
    _say_report(report, file, as_json=as_json)
    if report.refused:
        raise typer.Exit(1)


def list_equipment(
    site: Annotated[str | None, typer.Option(help="Of that site alone.")] = None,
    equipment_type: Annotated[str | None, typer.Option("--type", help="Of that type alone.")] = None,
    as_json: Json = False,
) -> None:
    """The equipment in the register, by code."""
    with open_installation(load_settings()) as installation:
        for one in _pages(installation, EquipmentQuery(site=site, type=equipment_type)):
            if as_json:
                say_json(one)
            else:
                kind = f"/{one.kind}" if one.kind else ""
                say(f"{one.code}\t{one.type}{kind}\t{one.site}\t{one.status.value}\t{one.name}")


def export(
    file: Annotated[Path | None, typer.Argument(help="CSV or TOML, by its ending; standard output without.")] = None,
) -> None:
    """The register as a file that `equipment import` takes."""
    with open_installation(load_settings()) as installation, installation.database.reading() as repositories:
        columns, rows = export_rows(repositories)
    if file is None:
        typer.echo(register_csv(columns, rows), nl=False)
    else:
        write_register(file, columns, rows)
        say(f"{len(rows)} → {file}")


def _pages(installation: Installation, query: EquipmentQuery) -> Iterator[Equipment]:
    cursor: str | None = None
    while True:
        with installation.database.reading() as repositories:
            page = repositories.equipment.page(query, PageRequest(limit=PAGE, cursor=cursor))
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _say_report(report: ImportReport, file: Path, *, as_json: bool) -> None:
    if as_json:
        say_json(report)
        return
    for row in report.refused:
        say_error(f"{file}:{row.line}: {row.column}: {row.reason}")
    if report.refused and not report.imported:
        say_error("没有导入任何设备 · nothing was imported")
        return
    say(
        f"新增 added {len(report.added)} · 更新 changed {len(report.changed)} · "
        f"确认 confirmed {len(report.confirmed)} · 未变 unchanged {len(report.unchanged)}"
    )
