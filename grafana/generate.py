"""Writes the boards and the alert rules, or says what is not up to date."""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from grafana.alerting import alert_rules
from grafana.overview import overview
from grafana.quality_board import quality_board
from grafana.type_board import type_board
from grafana.words import Json
from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import Catalog

HOME = Path(__file__).parent
_HEADER = "# Made by `python -m grafana` from the equipment catalog: change grafana/alerting.py, not this file.\n"


def generate(catalog: Catalog) -> Mapping[str, str]:
    """Every generated file by its path below `grafana/`; the same catalog gives the same bytes."""
    types = list(catalog.types.values())
    boards = {
        "overview": overview(catalog),
        "data-quality": quality_board(catalog),  # no type's name: those have no hyphen
        **{type_.name: type_board(catalog, type_) for type_ in types},
    }
    files = {f"dashboards/{name}.json": _as_json(board) for name, board in boards.items()}
    files["provisioning/alerting/rules.yaml"] = _HEADER + _as_yaml(alert_rules(types))
    return files


def stale_files(files: Mapping[str, str], home: Path = HOME) -> list[str]:
    """The paths whose file is missing, differs, or (boards only) belongs to no type any more."""
    made = {home / path for path in files}
    differing = [
        path
        for path, text in files.items()
        if not (home / path).is_file() or (home / path).read_text(encoding="utf-8") != text
    ]
    left_over = [path for path in (home / "dashboards").glob("*.json") if path not in made]
    return [*differing, *(str(path.relative_to(home)) for path in sorted(left_over))]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: 0, or 1 when `--check` found something stale."""
    parser = argparse.ArgumentParser(prog="python -m grafana", description="Grafana's boards from the catalog.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is not up to date")
    parser.add_argument("--catalog-dir", type=Path, help="further equipment types, as IOT_MAINT_CATALOG_DIR")
    parser.add_argument(
        "--out", type=Path, default=HOME, help="where dashboards/ and provisioning/ are (default: here)"
    )
    options = parser.parse_args(arguments)
    files = generate(load_catalog(options.catalog_dir))
    if options.check:
        stale = stale_files(files, options.out)
        for path in stale:
            print(f"{path}: not what the catalog says; run python -m grafana")
        return 1 if stale else 0
    for path, text in files.items():
        target = options.out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return 0


def _as_json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _as_yaml(value: Json) -> str:
    # Each value in full: an anchor for what happens to be one object would only puzzle the reader.
    plain: Json = json.loads(json.dumps(value))
    return str(yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=120))
