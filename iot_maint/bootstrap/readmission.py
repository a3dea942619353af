"""Dead letters through the door again, after a decoder, a setting or the register was mended."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby, islice

from iot_maint.bootstrap.ingesting import make_admission, make_door
from iot_maint.bootstrap.installation import Installation
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.telemetry import DeadLetter
from iot_maint.ingest.door import Admitted, Door, Message
from iot_maint.ingest.topic_map import TopicMap
from iot_maint.storage.dead_letter_archive import FiledLetter
from iot_maint.storage.dead_letter_desk import DeadLetterDesk

log = logging.getLogger(__name__)

AT_ONCE = 200  # letters in one transaction


@dataclass(slots=True)
class Readmitted:
    """How many letters became telemetry, and why the others did not: they stay."""

    taken: int = 0
    refused: dict[str, int] = field(default_factory=dict)


def readmit(installation: Installation, desk: DeadLetterDesk, letters: Iterable[FiledLetter]) -> Readmitted:
    """Put what can be decoded now into the spool of the worker that received it."""
    installation.roster.refresh()
    topics = TopicMap(installation.settings.topics, installation.roster.devices_of)
    door = make_door(installation, topics, make_admission(installation))
    outcome = Readmitted()
    for worker, filed in groupby(letters, key=lambda one: one.worker):
        while chunk := list(islice(filed, AT_ONCE)):
            _readmit(installation, door, desk, worker, chunk, outcome)
    return outcome


def _readmit(
    installation: Installation,
    door: Door,
    desk: DeadLetterDesk,
    worker: str,
    letters: list[FiledLetter],
    outcome: Readmitted,
) -> None:
    now_ms = epoch_ms(installation.clock.now())
    admitted, done = Admitted(), []
    for filed in letters:
        reason = _admit(door, filed.letter, admitted, now_ms)
        if reason is None:
            done.append(filed)
        else:
            outcome.refused[reason] = outcome.refused.get(reason, 0) + 1
    desk.replay(worker, done, admitted.telemetry, now_ms)
    outcome.taken += len(done)


def _admit(door: Door, letter: DeadLetter, admitted: Admitted, now_ms: int) -> str | None:
    """Why the letter is still refused, or None."""
    dead_before = len(admitted.dead)
    try:
        door.admit(_message(letter), admitted, as_of_ms=now_ms)
    except Exception:
        log.exception("cannot take in dead letter %d of %s", letter.id, letter.topic)
        return "internal_error"
    return admitted.dead[-1].reason if len(admitted.dead) > dead_before else None


def _message(letter: DeadLetter) -> Message:
    return Message(letter.topic, letter.payload, retained=False, received_at_ms=letter.received_at_ms)
