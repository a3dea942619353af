"""Requests for backtests: what is refused at once, and what they ask for in the words of a backtest."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta

from iot_maint.domain.backtests import BacktestRequest, StoredBacktest
from iot_maint.domain.catalog import Catalog, Limit
from iot_maint.domain.equipment import Monitored
from iot_maint.domain.errors import Conflict, InvalidInput, MaintError, UnknownEquipment, UnknownThing
from iot_maint.domain.ports import Clock, Repositories
from iot_maint.domain.shadow import MODEL_SOURCE
from iot_maint.services.backtest.choosing import choose_rules, is_tried, narrow
from iot_maint.services.backtest.naming_models import models_named
from iot_maint.services.backtest.suggesting import rule_to_suggest_for
from iot_maint.services.backtest.trials import AS_IT_STANDS, CHANGED, Trial, apply_wishes
from iot_maint.services.feedback.faults import FILE, KnownFault
from iot_maint.services.register.limits import LimitWish

QUEUE = 5
KEPT = 50
LONGEST = timedelta(days=400)
MOST_DEVICE_DAYS = 40_000  # some four hundred devices for a quarter


class QueueFull(MaintError):
    """So many backtests wait already that another would only be forgotten."""


def ask_backtest(
    repositories: Repositories, catalog: Catalog, clock: Clock, request: BacktestRequest, *, by: str
) -> StoredBacktest:
    """Put it into the queue; what could only fail is refused now, with its field."""
    _check(repositories, catalog, request)
    if repositories.backtests.waiting() >= QUEUE:
        raise QueueFull(f"{QUEUE} backtests wait already; ask again when one of them is done")
    return repositories.backtests.add(request, clock.now(), by)


def find_backtest(repositories: Repositories, backtest_id: int) -> StoredBacktest:
    """`UnknownThing` when there is none, or no longer: the last 50 are kept."""
    found = repositories.backtests.get(backtest_id)
    if found is None:
        raise UnknownThing(f"no backtest {backtest_id}; the last {KEPT} are kept")
    return found


def drop_backtest(repositories: Repositories, backtest_id: int) -> None:
    """Forget it; `Conflict` while it runs."""
    find_backtest(repositories, backtest_id)
    if not repositories.backtests.drop(backtest_id):
        raise Conflict(f"backtest {backtest_id} is running; wait until it is done")


def trials_of(request: BacktestRequest) -> tuple[Trial, ...]:
    """The settings that it asks for."""
    trials = [Trial(label=AS_IT_STANDS, wishes={})]
    if request.changes:
        wishes = {
            rule: LimitWish(
                limit=None if one.limit is None else Limit(value=one.limit),
                clear_limit=None if one.clear_limit is None else Limit(value=one.clear_limit),
                for_duration=None if one.for_s is None else timedelta(seconds=one.for_s),
            )
            for rule, one in request.changes.items()
        }
        trials.append(Trial(label=CHANGED, wishes=wishes))
    return tuple(trials)


def faults_of(request: BacktestRequest) -> tuple[KnownFault, ...]:
    """The faults that it names."""
    return tuple(
        KnownFault(
            equipment=one.equipment,
            fault_mode=one.fault_mode,
            onset=one.onset,
            failure=one.failure,
            source=FILE,
        )
        for one in request.faults
    )


def _check(repositories: Repositories, catalog: Catalog, request: BacktestRequest) -> None:
    if request.end <= request.start:
        raise InvalidInput("to", "is not after from")
    if request.end - request.start > LONGEST:
        raise InvalidInput("to", f"is more than {LONGEST.days} days after from")
    if not request.rules and not request.models:
        raise InvalidInput("rules", "what is to be tried? Name rules or models")
    rules = choose_rules(catalog, request.rules)
    narrowed = narrow(catalog, rules)
    models = models_named(repositories, request.models, request.equipment)
    if request.wish is not None and (rules or not models):
        rule_to_suggest_for(catalog, rules)
    unknown = [code for code in request.equipment if repositories.equipment.get(code) is None]
    if unknown:
        raise UnknownEquipment(f"no equipment {', '.join(unknown)}")
    entries = [
        one
        for one in repositories.equipment.monitored()
        if is_tried(one, request.equipment, narrowed) or one.equipment.code in models
    ]
    if not entries:
        raise InvalidInput("rules", "there is no equipment for these rules")
    days = len(entries) * (request.end - request.start) / timedelta(days=1)
    if days > MOST_DEVICE_DAYS:
        raise InvalidInput(
            "equipment", f"{days:.0f} device-days are more than {MOST_DEVICE_DAYS}: name fewer, or less time"
        )
    _check_changes(catalog, request, entries, {*rules, *(MODEL_SOURCE + one.detector for one in models.values())})
    for number, fault in enumerate(request.faults):
        if fault.failure < fault.onset:
            raise InvalidInput(f"faults.{number}.failure", "is before the onset")


def _check_changes(
    catalog: Catalog, request: BacktestRequest, entries: Sequence[Monitored], tried: AbstractSet[str]
) -> None:
    for trial in trials_of(request):
        for rule_id in trial.wishes:
            if rule_id not in tried:
                raise InvalidInput(f"changes.{rule_id}", "is not among what is tried")
        for entry in entries:
            apply_wishes(catalog, entry, trial.wishes)
