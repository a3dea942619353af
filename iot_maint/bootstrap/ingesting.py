"""The ingest part: broker → spool → rules and store, for one worker."""

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from iot_maint.bootstrap.installation import Installation, installation_id
from iot_maint.clock import speed_of
from iot_maint.domain.alarms import AlarmEvent
from iot_maint.domain.errors import MaintError
from iot_maint.domain.instants import epoch_ms, instant
from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.domain.ports import Database, PlatformAlarms, Spool
from iot_maint.ingest.backoff import Backoff
from iot_maint.ingest.broker_url import BrokerAddress, parse_broker_url
from iot_maint.ingest.decider import Decider
from iot_maint.ingest.door import Door
from iot_maint.ingest.drain import Drain
from iot_maint.ingest.hand_over import HandOver
from iot_maint.ingest.inbox import Inbox
from iot_maint.ingest.mqtt import Subscriber
from iot_maint.ingest.own_counters import REPORT_EVERY, CounterReporter
from iot_maint.ingest.part import PACE, WHOLE, Pace, Part
from iot_maint.ingest.probe import probe_broker
from iot_maint.ingest.progress import Progress
from iot_maint.ingest.quality_reporter import QualityReporter
from iot_maint.ingest.receiver import Receiver
from iot_maint.ingest.register_watch import RegisterWatch
from iot_maint.ingest.service import IngestService
from iot_maint.ingest.share_keeper import ShareKeeper, read_horizon
from iot_maint.ingest.short_way import ShortWay
from iot_maint.ingest.silence_loop import SilenceLoop
from iot_maint.ingest.subscriptions import Subscriptions
from iot_maint.ingest.topic_map import TopicMap
from iot_maint.ingest.upkeep import Chore, Upkeep
from iot_maint.services.absence import Absence
from iot_maint.services.admission import Admission
from iot_maint.services.monitoring import Monitor, Outcome
from iot_maint.services.ordering import OrderStep
from iot_maint.services.points import PointMaker
from iot_maint.services.quality.listener import Listener
from iot_maint.services.quality.own_clock import OwnClock
from iot_maint.services.quality.report import QualityReport
from iot_maint.services.quality.silences import Patience, SilenceWatch
from iot_maint.services.rule_states import own_all
from iot_maint.storage.dead_letters import letter_box
from iot_maint.storage.relational.watched import WatchedDatabase
from iot_maint.storage.spool import SqliteSpool
from iot_maint.storage.spool_room import SpoolRoom

log = logging.getLogger(__name__)

FORGET_EVERY_S = 3600
# Of real time: what comes every second must not be missed for a hiccup of the broker.
SHORTEST_SILENCE = timedelta(minutes=1)
JUDGE_EVERY = timedelta(seconds=5)
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=0.5), timedelta(seconds=30)

OnOutcome = Callable[[Outcome], None]


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
) -> Monitor:
    """The decide path of this worker; `owns`: which sites are its own to decide."""
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
    if settings.topics or part != WHOLE:
        _read_register(installation)
    listener = Listener(installation.roster, meter)
    own_clock = OwnClock(
        listener=listener, platform=platform, now_ms=lambda: epoch_ms(clock.now()), speed=speed_of(clock)
    )
    whole = part == WHOLE
    # A part is known once the register is: until then all stays as the session has it.
    subscriptions = Subscriptions(topics.topic_filters if whole else None, spool)
    hand_over = None if whole else HandOver(topics.site_in, pace, read_horizon(spool))
    keeper = None if hand_over is None else _keeper(installation, spool, topics, subscriptions, hand_over, part, pace)
    subscriber = Subscriber(
        address=address,
        client_id=client_id(installation),
        inbox=inbox,
        clock=clock,
        meter=meter,
        on_session_begun=topics.doubt_births,
        subscriptions=subscriptions,
        watcher=hand_over,
    )
    receiver = Receiver(
        inbox=inbox,
        short_way=ShortWay(admission, topics.is_ours),
        door=make_door(installation, topics, admission, listener),
        spool=spool,
        acknowledge=subscriber.acknowledge,
        progress=progress,
        clock=clock,
        meter=meter,
        backoff=_backoff(),
        publish=subscriber.publish,
        hand_over=hand_over,
    )
    owns = own_all if keeper is None else keeper.owns
    decider = Decider(
        spool=spool,
        monitoring=make_monitor(installation, database, spool.id, on_outcome, owns),
        progress=progress,
        meter=meter,
        backoff=_backoff(),
        quality=listener,
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
    watch = make_silence_watch(installation, listener, platform, on_outcome, owns)
    silences = SilenceLoop(
        watch=watch,
        progress=progress,
        platform=platform,
        connected=lambda: subscriber.connected,
        speed=speed_of(clock),
        beside=(own_clock.check,),
        every_s=JUDGE_EVERY.total_seconds(),
    )
    report = QualityReport(listener=listener, meter=meter, frozen_after=settings.frozen_after, standing=watch.standing)
    quality = QualityReporter(points=report.points, store=installation.telemetry, clock=clock)
    return IngestService(
        subscriber=subscriber,
        inbox=inbox,
        spool=spool,
        receiver=receiver,
        decider=decider,
        drain=drain,
        progress=progress,
        register_watch=_register_watch(installation, keeper),
        has_left=None if keeper is None else keeper.has_left,
        beside={
            "upkeep": Upkeep(_chores(installation, subscriber, spool)).run,
            # Of its own: it waits for a database that is away, and the others need not.
            "platform-alarms": Upkeep(
                [Chore(name="saving the platform's alarms", every_s=1, run=partial(platform.save, database))]
            ).run,
            "silences": silences.run,
            "quality": quality.run,
        },
    )


def make_silence_watch(
    installation: Installation,
    listener: Listener,
    platform: PlatformAlarms,
    on_outcome: OnOutcome | None = None,
    owns: Callable[[str], bool] = own_all,
) -> SilenceWatch:
    """What judges who is silent, by what the listener heard."""

    def tell(events: Sequence[AlarmEvent], steps: Sequence[OrderStep]) -> None:
        if on_outcome is not None:
            findings = tuple(event.finding for event in events)
            on_outcome(Outcome(findings=findings, events=tuple(events), steps=tuple(steps)))

    return SilenceWatch(
        listener=listener,
        database=installation.database,
        roster=installation.roster,
        desk=installation.desk,
        meter=installation.meter,
        platform=platform,
        worker=installation.settings.worker,
        patience=Patience(
            factor=installation.settings.silent_after,
            at_least=speed_of(installation.clock) * SHORTEST_SILENCE,
        ),
        on_silence=tell,
        responsible=lambda equipment: owns(equipment.site),
    )


def _chores(installation: Installation, subscriber: Subscriber, spool: Spool) -> list[Chore]:
    broker = Absence(installation.platform, PlatformAlarmKind.BROKER_AWAY)

    def look_at_the_broker() -> None:
        if subscriber.connected:
            broker.back()
        else:
            broker.away(subscriber.trouble)

    def forget_old_letters() -> None:
        oldest = installation.clock.now() - timedelta(days=installation.settings.dead_letter_days)
        installation.meter.count("dead_letters_expired", spool.drop_dead_letters_before(epoch_ms(oldest)))

    return [
        Chore(name="looking at the broker", every_s=1, run=look_at_the_broker),
        Chore(name="handing room of the spool back", every_s=1, run=spool.give_back_room),
        Chore(name="forgetting old dead letters", every_s=FORGET_EVERY_S, run=forget_old_letters),
    ]


def _keeper(
    installation: Installation,
    spool: SqliteSpool,
    topics: TopicMap,
    subscriptions: Subscriptions,
    hand_over: HandOver,
    part: Part,
    pace: Pace,
) -> ShareKeeper:
    return ShareKeeper(
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


def _register_watch(installation: Installation, keeper: ShareKeeper | None) -> RegisterWatch | None:
    if keeper is not None:
        return RegisterWatch(keeper.step)
    # Without topic rules no message's identity depends on the register.
    return RegisterWatch(installation.roster.refresh_if_due) if installation.settings.topics else None


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


def _read_register(installation: Installation) -> None:
    """Whose the messages of gateways are must be known before the first of them comes.

    A database that is away, or waits for `migrate`, does not keep the service from starting: until it can be read,
    they are dead letters.
    """
    try:
        installation.roster.refresh()
    except MaintError as error:
        log.warning("messages of gateways become dead letters until the register can be read: %s", error)


def _report_stored(database: Database, worker: str, through_ms: int) -> None:
    with database.transaction() as repositories:
        repositories.checkpoints.save_stored(worker, instant(through_ms))
