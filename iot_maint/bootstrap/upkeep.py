"""What a worker does beside the flow of data: watch the broker, keep its spool small, save the platform's alarms."""

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from iot_maint.bootstrap.installation import Installation
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.domain.ports import Database, Spool
from iot_maint.ingest.mqtt import Subscriber
from iot_maint.ingest.upkeep import Chore, Upkeep
from iot_maint.services.absence import Absence

FORGET_EVERY_S = 3600


def make_upkeep(
    installation: Installation, database: Database, subscriber: Subscriber, spool: Spool
) -> Mapping[str, Callable[[threading.Event], None]]:
    """Loops by name: each runs until the service stops."""
    broker = Absence(installation.platform, PlatformAlarmKind.BROKER_AWAY)

    def look_at_the_broker() -> None:
        if subscriber.connected:
            broker.back()
        else:
            broker.away(subscriber.trouble)

    def forget_old_letters() -> None:
        oldest = installation.clock.now() - timedelta(days=installation.settings.dead_letter_days)
        installation.meter.count("dead_letters_expired", spool.drop_dead_letters_before(epoch_ms(oldest)))

    chores = [
        Chore(name="looking at the broker", every_s=1, run=look_at_the_broker),
        Chore(name="handing room of the spool back", every_s=1, run=spool.give_back_room),
        Chore(name="forgetting old dead letters", every_s=FORGET_EVERY_S, run=forget_old_letters),
    ]
    save = Chore(name="saving the platform's alarms", every_s=1, run=partial(installation.platform.save, database))
    # Saving is of its own: it waits for a database that is away, and the others need not.
    return {"upkeep": Upkeep(chores).run, "platform-alarms": Upkeep([save]).run}
