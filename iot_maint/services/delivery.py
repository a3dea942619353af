"""The outbox on its way: each event at least once to each channel, in each order's own order."""

import logging
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from iot_maint.domain.errors import MaintError, StoreUnavailable
from iot_maint.domain.outbox import Channel, Delivery
from iot_maint.domain.ports import Clock, Database, Meter, OrderNotifier
from iot_maint.services.backoff import full_jitter

# Waits of up to 1, 2, 4 … minutes between 12 attempts: given up after a day and a half at the latest.
ATTEMPTS = 12
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=24)
# For so long an event belongs to the process that took it; longer than any notifier's timeouts together.
LEASE = timedelta(minutes=2)
# Then the next tick goes on: a long backlog must not hold up the end of the process.
AT_A_STRETCH = timedelta(seconds=5)

log = logging.getLogger(__name__)


def deliver_due(
    database: Database,
    notifiers: Mapping[Channel, OrderNotifier],
    clock: Clock,
    rng: random.Random,
    meter: Meter,
) -> int:
    """Hand over what is due now, one event at a time, outside of any transaction; how many arrived.

    `clock` is real time: waits are never accelerated.  A channel whose receiver is away is left until the next call,
    so a call lasts one timeout longer than `AT_A_STRETCH` at most.  Give each channel a job of its own, and a slow
    one delays no other.
    """
    arrived = sum(_serve(database, channel, notifier, clock, rng, meter) for channel, notifier in notifiers.items())
    with database.reading() as repositories:
        meter.set("outbox_depth", repositories.outbox.depth())
    return arrived


def _serve(
    database: Database, channel: Channel, notifier: OrderNotifier, clock: Clock, rng: random.Random, meter: Meter
) -> int:
    arrived = 0
    until = clock.now() + AT_A_STRETCH
    while clock.now() < until and (taken := _take(database, channel, clock.now())) is not None:
        attempted = _attempt(taken, notifier, clock, rng)
        with database.transaction() as repositories:
            repositories.outbox.update(attempted)
        meter.count("deliveries", channel=channel.value, outcome=_outcome(attempted))
        if attempted.delivered_at is not None:
            arrived += 1
            continue
        _report(attempted)
        if attempted.dead_at is None:
            break
    return arrived


def _take(database: Database, channel: Channel, now: datetime) -> Delivery | None:
    """The next due event, leased; counted as an attempt before it is one, so a crash in it is counted too."""
    with database.transaction() as repositories:
        due = repositories.outbox.due(now, 1, channel)
        if not due:
            return None
        taken = replace(due[0], attempts=due[0].attempts + 1, due_at=now + LEASE)
        repositories.outbox.update(taken)
    return taken


def _attempt(taken: Delivery, notifier: OrderNotifier, clock: Clock, rng: random.Random) -> Delivery:
    """The delivery with what came of it."""
    wait = timedelta()
    try:
        if taken.attempts > ATTEMPTS:
            raise MaintError(taken.last_error or "the process ended in the middle of every attempt")
        asked = notifier.deliver(taken)
    except StoreUnavailable as error:
        reason, wait = str(error), error.retry_after or timedelta()
    except MaintError as error:
        return replace(taken, last_error=str(error), dead_at=clock.now())
    else:
        if asked is None:
            return replace(taken, last_error=None, delivered_at=clock.now())
        reason, wait = f"the receiver asks to wait {asked.total_seconds():g} s", asked
    if taken.attempts >= ATTEMPTS:
        return replace(taken, last_error=reason, dead_at=clock.now())
    own_wait = full_jitter(taken.attempts, rng, first=FIRST_WAIT, longest=LONGEST_WAIT)
    return replace(taken, last_error=reason, due_at=clock.now() + max(wait, own_wait))


def _outcome(delivery: Delivery) -> str:
    if delivery.delivered_at is not None:
        return "delivered"
    return "delayed" if delivery.dead_at is None else "dead"


def _report(delivery: Delivery) -> None:
    what = (delivery.event.event, delivery.event.order, delivery.channel.value)
    if delivery.dead_at is not None:
        log.error("%s of %s to %s given up after %d attempts: %s", *what, delivery.attempts, delivery.last_error)
    else:
        log.warning("%s of %s to %s waits until %s: %s", *what, delivery.due_at.isoformat(), delivery.last_error)
