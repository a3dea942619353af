"""The jobs part: deliveries, what comes due of orders, copies of points, retention, forgotten keys, models."""

import random
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial

from iot_maint.bootstrap.installation import Installation
from iot_maint.bootstrap.training import model_checker
from iot_maint.clock import AcceleratedClock, SystemClock
from iot_maint.domain.outbox import Channel
from iot_maint.domain.ports import OrderNotifier
from iot_maint.jobs.scheduler import Job, Scheduler
from iot_maint.notify.telemetry_event import TelemetryEventNotifier
from iot_maint.notify.webhook import WebhookNotifier
from iot_maint.services.delivery import deliver_due
from iot_maint.services.follow_up import FollowUp, heard_in
from iot_maint.services.rendering import order_renderer
from iot_maint.services.retention import enforce_retention
from iot_maint.services.transfers import SETTLING, run_transfers

IDEMPOTENCY_KEPT = timedelta(days=1)
DELIVER_EVERY = timedelta(seconds=1)
FOLLOW_UP_EVERY = timedelta(seconds=5)
TRANSFER_EVERY = timedelta(seconds=5)
TIDY_EVERY = timedelta(hours=1)
CHECK_MODELS_EVERY = timedelta(minutes=5)  # how often is looked for what is due


@contextmanager
def open_jobs(installation: Installation) -> Iterator[Scheduler]:
    """The running jobs part."""
    with ExitStack() as stack:
        notifiers = _notifiers(installation, stack)
        jobs = [_delivery(installation, channel, notifier) for channel, notifier in notifiers.items()]
        yield stack.enter_context(Scheduler([*jobs, *_upkeep(installation)]))


def _notifiers(installation: Installation, stack: ExitStack) -> Mapping[Channel, OrderNotifier]:
    settings = installation.settings
    render = order_renderer(installation.database, installation.catalog, settings.language, settings.zone)
    notifiers: dict[Channel, OrderNotifier] = {
        Channel.TELEMETRY: TelemetryEventNotifier(installation.telemetry, render)
    }
    if settings.webhook_url is not None:
        secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret is not None else None
        webhook = WebhookNotifier(settings.webhook_url.get_secret_value(), secret, render, SystemClock())
        notifiers[Channel.WEBHOOK] = stack.enter_context(webhook)
    return notifiers


def _delivery(installation: Installation, channel: Channel, notifier: OrderNotifier) -> Job:
    """A job a channel: a receiver that is slow to answer delays no other."""
    run = partial(
        deliver_due,
        installation.database,
        {channel: notifier},
        SystemClock(),  # waits between attempts are real time
        random.SystemRandom(),
        installation.meter,
    )
    return Job(name=f"deliver-{channel.value}", every=DELIVER_EVERY, run=run)


def _upkeep(installation: Installation) -> list[Job]:
    clock, database, store = installation.clock, installation.database, installation.telemetry
    speed = clock.speed if isinstance(clock, AcceleratedClock) else 1.0

    def forget_keys() -> None:
        with database.transaction() as repositories:
            repositories.idempotency.drop_before(clock.now() - IDEMPOTENCY_KEPT)

    heard = heard_in(store)
    return [
        Job(
            name="follow-up",
            every=FOLLOW_UP_EVERY,
            run=FollowUp(database=database, desk=installation.desk, heard=heard).run,
        ),
        Job(
            name="transfers",
            every=TRANSFER_EVERY,
            run=partial(run_transfers, database, store, clock, SETTLING * speed),
        ),
        Job(
            name="retention",
            every=TIDY_EVERY,
            run=partial(enforce_retention, store, installation.settings.retention_days, clock),
        ),
        Job(name="idempotency-keys", every=TIDY_EVERY, run=forget_keys),
        *_model_checks(installation),
    ]


def _model_checks(installation: Installation) -> list[Job]:
    """None where the setting's period is 0."""
    checker = model_checker(installation)
    return [] if checker is None else [Job(name="model-checks", every=CHECK_MODELS_EVERY, run=checker.run_due)]
