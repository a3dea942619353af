"""What one of several workers takes on: its subscriptions, and what it leaves to the others."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from iot_maint.bootstrap.installation import Installation
from iot_maint.domain.errors import MaintError
from iot_maint.ingest.hand_over import HandOver
from iot_maint.ingest.part import WHOLE, Pace, Part
from iot_maint.ingest.register_watch import RegisterWatch
from iot_maint.ingest.share_keeper import ShareKeeper, read_horizon
from iot_maint.ingest.subscriptions import Subscriptions
from iot_maint.ingest.topic_map import TopicMap
from iot_maint.services.rule_states import own_all
from iot_maint.storage.spool import SqliteSpool

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """The only worker of an installation has neither `hand_over` nor `keeper`."""

    subscriptions: Subscriptions
    hand_over: HandOver | None = None
    keeper: ShareKeeper | None = None
    register_watch: RegisterWatch | None = None

    @property
    def owns(self) -> Callable[[str], bool]:
        """Which sites are this worker's to decide."""
        return own_all if self.keeper is None else self.keeper.owns

    @property
    def has_left(self) -> Callable[[], bool] | None:
        """Whether a worker that hands over its part has nothing to receive any more."""
        return None if self.keeper is None else self.keeper.has_left


def make_sharing(installation: Installation, spool: SqliteSpool, topics: TopicMap, part: Part, pace: Pace) -> Sharing:
    """By the part that this worker was given; reads the register where that depends on it."""
    if installation.settings.topics or part != WHOLE:
        _read_register(installation)
    if part == WHOLE:
        # Without topic rules no message's identity depends on the register.
        watch = RegisterWatch(installation.roster.refresh_if_due) if installation.settings.topics else None
        return Sharing(subscriptions=Subscriptions(topics.topic_filters, spool), register_watch=watch)
    # A part is known once the register is: until then all stays as the session has it.
    subscriptions = Subscriptions(None, spool)
    hand_over = HandOver(topics.site_in, pace, read_horizon(spool))
    keeper = ShareKeeper(
        part=part,
        worker=installation.settings.worker,
        roster=installation.roster,
        topics=topics,
        subscriptions=subscriptions,
        hand_over=hand_over,
        database=installation.database,
        memory=spool,
        clock=installation.clock,
        pace=pace,
    )
    return Sharing(
        subscriptions=subscriptions,
        hand_over=hand_over,
        keeper=keeper,
        register_watch=RegisterWatch(keeper.step, pace.look_s),
    )


def _read_register(installation: Installation) -> None:
    """Whose the messages of gateways are must be known before the first of them comes.

    A database that is away, or waits for `migrate`, does not keep the service from starting: until it can be read,
    they are dead letters.
    """
    try:
        installation.roster.refresh()
    except MaintError as error:
        log.warning("messages of gateways become dead letters until the register can be read: %s", error)
