"""The ingest part: broker → spool → rules and store, for one worker."""

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from iot_maint.bootstrap.data_watch import OnOutcome, make_data_watch
from iot_maint.bootstrap.flapping import flap_limits_of
from iot_maint.bootstrap.installation import Installation, installation_id
from iot_maint.bootstrap.modelling import model_choice
from iot_maint.bootstrap.sharing import make_sharing
from iot_maint.bootstrap.upkeep import make_upkeep
from iot_maint.domain.instants import instant
from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.domain.ports import Database
from iot_maint.ingest.backoff import Backoff
from iot_maint.ingest.broker_url import BrokerAddress, parse_broker_url
from iot_maint.ingest.decider import Decider
from iot_maint.ingest.door import Door
from iot_maint.ingest.drain import Drain
from iot_maint.ingest.inbox import Inbox
from iot_maint.ingest.mqtt import Subscriber
from iot_maint.ingest.own_counters import REPORT_EVERY, CounterReporter
from iot_maint.ingest.part import PACE, WHOLE, Pace, Part
from iot_maint.ingest.probe import probe_broker
from iot_maint.ingest.progress import Progress
from iot_maint.ingest.receiver import Receiver
from iot_maint.ingest.service import IngestService
from iot_maint.ingest.short_way import ShortWay
from iot_maint.ingest.topic_map import TopicMap
from iot_maint.ingest.upkeep import Chore, Upkeep
from iot_maint.services.absence import Absence
from iot_maint.services.admission import Admission
from iot_maint.services.monitoring import Monitor
from iot_maint.services.points import PointMaker
from iot_maint.services.quality.listener import Listener
from iot_maint.services.rule_states import own_all
from iot_maint.services.scoring.live_models import NO_MODELS, LiveModels
from iot_maint.services.scoring.score_keeper import ScoreKeeper
from iot_maint.services.scoring.scorer import Scored, forget_scores
from iot_maint.storage.dead_letters import letter_box
from iot_maint.storage.relational.watched import WatchedDatabase
from iot_maint.storage.spool import SqliteSpool
from iot_maint.storage.spool_room import SpoolRoom

log = logging.getLogger(__name__)

FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=0.5), timedelta(seconds=30)


def client_id(installation: Installation) -> str:
    """The worker's name at the broker, the same over restarts: its session waits there under it."""
    settings = installation.settings
    return f"iot-maint-{installation_id(settings.data_dir)[:8]}-{settings.worker}"


def broker_address(installation: Installation) -> BrokerAddress:
    """Where the broker is, and with which files a connection to it is secured."""
    settings = installation.settings
    return parse_broker_url(settings.mqtt_url.get_secret_value(), settings.mqtt_tls)


def make_monitor(
    installation: Installation,
    database: Database,
    spool_id: str,
    on_outcome: OnOutcome | None = None,
    owns: Callable[[str], bool] = own_all,
    on_scores: Callable[[Sequence[Scored]], None] = forget_scores,
    models: LiveModels = NO_MODELS,
) -> Monitor:
    """The decide path of this worker; `owns`: which sites are its own to decide; `on_scores`: who keeps the scores;
    `models`: who scores what."""
    return Monitor(
        database=database,
        roster=installation.roster,
        desk=installation.desk,
        clock=installation.clock,
        meter=installation.meter,
        worker=installation.settings.worker,
        spool_id=spool_id,
        on_outcome=on_outcome,
        owns=owns,
        flap_limits=flap_limits_of(installation.settings),
        on_scores=on_scores,
        models=models,
    )


@contextmanager
def open_ingest(
    installation: Installation,
    on_outcome: OnOutcome | None = None,
    report_every: timedelta = REPORT_EVERY,
    part: Part = WHOLE,
    pace: Pace = PACE,
) -> Iterator[IngestService]:
    """The running ingest part; its spool is locked to this process.  Its counters go out every `report_every`.

    `part` is what this worker takes on, at that `pace`.
    """
    settings = installation.settings
    address = broker_address(installation)
    letters, room = letter_box(settings.spool_limit), SpoolRoom(settings.spool_limit, installation.platform)
    with (
        SqliteSpool(settings.data_dir, settings.worker, letters, room) as spool,
        _service(installation, spool, address, on_outcome, part, pace) as service,
        _reporter(installation, report_every),
    ):
        yield service


def forget_session(installation: Installation) -> None:
    """Let the broker forget this worker's session; it must not be running."""
    probe_broker(broker_address(installation), client_id(installation), ())


def make_admission(installation: Installation) -> Admission:
    """What the register lets in, by the settings and the register as they are."""
    settings = installation.settings
    return Admission(installation.roster, settings.max_unregistered, settings.max_unknown_metrics)


def make_door(
    installation: Installation, topics: TopicMap, admission: Admission, listener: Listener | None = None
) -> Door:
    """What decodes and checks messages; `listener` hears of those that are refused for their time."""
    zone = installation.settings.zone
    if listener is None:
        return Door(topics.decode, zone, admission.reject)
    return Door(topics.decode, zone, admission.reject, listener.note_refused)


def _service(
    installation: Installation,
    spool: SqliteSpool,
    address: BrokerAddress,
    on_outcome: OnOutcome | None,
    part: Part,
    pace: Pace,
) -> IngestService:
    settings, clock, meter = installation.settings, installation.clock, installation.meter
    inbox, progress, platform = Inbox(), Progress(), installation.platform
    database = WatchedDatabase(installation.database, Absence(platform, PlatformAlarmKind.DATABASE_AWAY))
    topics = TopicMap(settings.topics, installation.roster.devices_of)
    admission = make_admission(installation)
    topics.restore(spool.births())
    sharing = make_sharing(installation, spool, topics, part, pace)
    subscriber = Subscriber(
        address=address,
        client_id=client_id(installation),
        inbox=inbox,
        clock=clock,
        meter=meter,
        on_session_begun=topics.doubt_births,
        subscriptions=sharing.subscriptions,
        watcher=sharing.hand_over,
    )
    watch = make_data_watch(installation, progress, lambda: subscriber.connected, sharing.owns, on_outcome)
    receiver = Receiver(
        inbox=inbox,
        short_way=ShortWay(admission, topics.is_ours),
        door=make_door(installation, topics, admission, watch.listener),
        spool=spool,
        acknowledge=subscriber.acknowledge,
        progress=progress,
        clock=clock,
        meter=meter,
        backoff=_backoff(),
        publish=subscriber.publish,
        hand_over=sharing.hand_over,
    )
    scores = ScoreKeeper(installation.telemetry, meter)
    models = model_choice(installation, database)
    decider = Decider(
        spool=spool,
        monitoring=make_monitor(installation, database, spool.id, on_outcome, sharing.owns, scores.take, models),
        progress=progress,
        meter=meter,
        backoff=_backoff(),
        quality=watch.listener,
    )
    drain = Drain(
        spool=spool,
        store=installation.telemetry,
        to_points=PointMaker(installation.roster, meter).points_of,
        progress=progress,
        clock=clock,
        meter=meter,
        platform=platform,
        backoff=_backoff(),
        report_stored=partial(_report_stored, database, settings.worker),
    )
    return IngestService(
        subscriber=subscriber,
        inbox=inbox,
        spool=spool,
        receiver=receiver,
        decider=decider,
        drain=drain,
        progress=progress,
        register_watch=sharing.register_watch,
        has_left=sharing.has_left,
        beside={
            **make_upkeep(installation, database, subscriber, spool),
            **watch.loops,
            # Of its own: it may wait for the telemetry store.
            "scores": Upkeep([Chore(name="storing scores", every_s=1, run=scores.flush)]).run,
            "models": Upkeep([Chore(name="looking for promoted models", every_s=1, run=models.refresh)]).run,
        },
    )


def _reporter(installation: Installation, every: timedelta) -> CounterReporter:
    settings = installation.settings
    return CounterReporter(
        store=installation.telemetry,
        meter=installation.meter,
        clock=installation.clock,
        tags={"worker": settings.worker, "installation": installation_id(settings.data_dir)[:8]},
        every=every,
    )


def _backoff() -> Backoff:
    return Backoff(FIRST_RETRY, LONGEST_RETRY, random.SystemRandom())


def _report_stored(database: Database, worker: str, through_ms: int) -> None:
    with database.transaction() as repositories:
        repositories.checkpoints.save_stored(worker, instant(through_ms))
