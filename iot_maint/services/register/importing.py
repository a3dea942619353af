"""A register file into the register: every bad row is named, and nothing is imported unless all is good."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from iot_maint.domain.catalog import Catalog
from iot_maint.domain.equipment import Equipment, LimitOverride, Monitored
from iot_maint.domain.errors import Conflict, InvalidInput, MaintError
from iot_maint.domain.ports import Clock, Repositories
from iot_maint.services.register.checks import find_change_problems, find_parent_problem, find_problems
from iot_maint.services.register.columns import LIMIT, check_column, known_columns
from iot_maint.services.register.identity import begin_confirmation
from iot_maint.services.register.limits import LimitWish, check_together, override_of, record_change, rule_of
from iot_maint.services.register.rows import BadRow, Draft, duplicates, equipment_of, read_row

IMPORT = "import"  # who changed a limit, when a file did
Rows = Sequence[tuple[int, Mapping[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """Codes by what became of them, and the rows that are refused."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    refused: tuple[BadRow, ...] = ()

    @property
    def imported(self) -> int:
        """How many pieces of equipment the register has from this file now."""
        return len(self.added) + len(self.changed) + len(self.unchanged) + len(self.confirmed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """A draft that is sound: what it makes of the equipment, and of its limits."""

    draft: Draft
    old: Equipment | None
    new: Equipment
    limits: Mapping[str, tuple[LimitOverride | None, LimitOverride | None]] = field(default_factory=dict)


def import_rows(
    repositories: Repositories, catalog: Catalog, clock: Clock, rows: Rows, *, by: str = IMPORT, partial: bool = False
) -> ImportReport:
    """Import (line, cells by column).  With `partial` good rows are taken beside bad ones; an unknown column never is.

    A row of a known code changes what its columns name; one of an unregistered code confirms it.
    """
    misnamed = _misnamed_columns(rows, known_columns(catalog))
    if misnamed:
        return ImportReport(refused=misnamed)
    planned, refused = _plan(repositories, catalog, rows)
    if refused and not partial:
        return ImportReport(refused=tuple(sorted(refused, key=lambda row: row.line)))
    outcome: dict[str, list[str]] = {"added": [], "changed": [], "unchanged": [], "confirmed": []}
    for plan in planned:
        outcome[_apply(repositories, clock, plan, by)].append(plan.draft.code)
    return ImportReport(
        added=tuple(outcome["added"]),
        changed=tuple(outcome["changed"]),
        unchanged=tuple(outcome["unchanged"]),
        confirmed=tuple(outcome["confirmed"]),
        refused=tuple(sorted(refused, key=lambda row: row.line)),
    )


def _misnamed_columns(rows: Rows, known: frozenset[str]) -> tuple[BadRow, ...]:
    """Once a column, at the first row that has it."""
    first: dict[str, int] = {}
    for line, cells in rows:
        for column in cells:
            first.setdefault(column, line)
    return tuple(
        BadRow(line=line, column=column, reason=reason)
        for column, line in first.items()
        if (reason := check_column(column, known)) is not None
    )


def _plan(repositories: Repositories, catalog: Catalog, rows: Rows) -> tuple[list[_Planned], list[BadRow]]:
    refused: list[BadRow] = []
    drafts: list[Draft] = []
    for line, cells in rows:
        draft = read_row(line, cells)
        if isinstance(draft, Draft):
            drafts.append(draft)
        else:
            refused += draft
    doubled = list(duplicates(drafts))
    refused += doubled
    doubled_lines = {row.line for row in doubled}
    planned: list[_Planned] = []
    # One read of the whole register: asking for each row would hold other writers up for long.
    register = {entry.equipment.code: entry for entry in repositories.equipment.monitored()}
    for draft in drafts:
        if draft.line in doubled_lines:
            continue
        plan = _plan_one(repositories, catalog, draft, register.get(draft.code))
        if isinstance(plan, _Planned):
            planned.append(plan)
        else:
            refused += plan
    return _drop_orphans(register, planned, refused), refused


def _plan_one(
    repositories: Repositories, catalog: Catalog, draft: Draft, entry: Monitored | None
) -> _Planned | list[BadRow]:
    old = entry.equipment if entry is not None else None
    new = equipment_of(draft, old)
    problems = list(find_problems(new, catalog))
    if old is not None:
        problems += find_change_problems(repositories, old, new)
    if problems:
        return _bad(draft, problems)
    try:
        limits = _plan_limits(catalog, draft, new, entry.overrides if entry is not None else {})
    except InvalidInput as error:
        return _bad(draft, [(error.field, error.reason)])
    return _Planned(draft=draft, old=old, new=new, limits=limits)


def _plan_limits(
    catalog: Catalog, draft: Draft, new: Equipment, standing: Mapping[str, LimitOverride]
) -> dict[str, tuple[LimitOverride | None, LimitOverride | None]]:
    equipment_type = catalog.types[new.type]
    changes: dict[str, tuple[LimitOverride | None, LimitOverride | None]] = {}
    for key, limit in draft.limits.items():
        old = standing.get(key)
        if limit == (old.limit if old is not None else None):
            continue  # whatever else the override says stays
        try:
            wish = LimitWish(
                limit=limit,
                for_duration=old.for_duration if old is not None else None,
                enabled=old.enabled if old is not None else True,
            )
            changes[key] = old, override_of(rule_of(equipment_type, key), equipment_type, new, wish)
        except InvalidInput as error:
            raise InvalidInput(LIMIT + key, f"{error.field}: {error.reason}") from error
        except MaintError as error:
            raise InvalidInput(LIMIT + key, str(error)) from error
    after = {**standing, **{key: override for key, (_, override) in changes.items() if override is not None}}
    emptied = {key for key, (_, override) in changes.items() if override is None}
    check_together(equipment_type, new, {key: one for key, one in after.items() if key not in emptied})
    return changes


def _drop_orphans(register: Mapping[str, Monitored], planned: list[_Planned], refused: list[BadRow]) -> list[_Planned]:
    """Rows whose parent is neither in the register nor among the good rows; those that hang on them fall too."""
    while True:
        after = {plan.draft.code: plan.new for plan in planned}

        def parent_of(code: str, after: Mapping[str, Equipment] = after) -> Equipment | None:
            entry = register.get(code)
            return after.get(code) or (entry.equipment if entry is not None else None)

        orphans = {
            plan.draft.line: problem
            for plan in planned
            if (problem := find_parent_problem(plan.new, parent_of)) is not None
        }
        if not orphans:
            return planned
        refused += [BadRow(line=line, column=field, reason=reason) for line, (field, reason) in orphans.items()]
        planned = [plan for plan in planned if plan.draft.line not in orphans]


def _apply(repositories: Repositories, clock: Clock, plan: _Planned, by: str) -> str:
    outcome = "unchanged"
    if plan.old is None:
        if not repositories.equipment.add(plan.new):
            raise Conflict(f"{plan.draft.code} came into the register meanwhile; nothing was imported, try again")
        outcome = "added"
    elif not plan.old.registered:
        repositories.equipment.update(plan.new)
        begin_confirmation(repositories, clock, plan.new, by=by)
        outcome = "confirmed"
    elif plan.new != plan.old:
        repositories.equipment.update(plan.new)
        outcome = "changed"
    for key, (old, new) in plan.limits.items():
        record_change(repositories, clock, plan.draft.code, key, old, new, by=by)
    return "changed" if plan.limits and outcome == "unchanged" else outcome


def _bad(draft: Draft, problems: Iterable[tuple[str, str]]) -> list[BadRow]:
    return [BadRow(line=draft.line, column=field, reason=reason) for field, reason in problems]
