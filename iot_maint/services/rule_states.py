"""The rule states of one worker: loaded when they are needed, saved with the checkpoint, handed on with the equipment.

A stored state belongs to the worker that saved it last, its holder.  Who meets equipment of another holder waits until
that one has saved what it knows, loads it and, by its next checkpoint, becomes the holder.  The former one hears of it
within a second; if messages of that equipment still reach it, it decides them on a copy of its own, which it does not
save: it is a guest.  A guest whose holder has stopped saving takes over.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from iot_maint.domain.errors import StoreUnavailable, UnknownFormat
from iot_maint.domain.ports import Database, Repositories
from iot_maint.domain.workers import HeldState
from iot_maint.rules.state import EquipmentState, decode_state, encode_state

LOOK_EVERY_S = 1.0  # for what others have taken over
# A guest's copy that was not decided for so long is out of date; a holder's state that did not change for so long,
# while the guest's did, has no holder any more.
LATELY_S = 30.0
# For the holder's next two checkpoints, which come every two seconds: the first may have begun too early.
WAIT_S = 6.0
SILENT_S = 3.0  # without any checkpoint the holder has nothing to save
WAIT_AGAIN_S = 60.0
_POLL_S = 0.2


@dataclass(slots=True, kw_only=True)
class _Guest:
    """Equipment that another worker holds and that is decided here too."""

    held: bytes
    compared_at: float
    decided_at: float


def own_all(_site: str) -> bool:
    """The only worker's answer to whether a site is its own."""
    return True


class RuleStates:
    """By equipment's code.  Whatever raises `StoreUnavailable` here has changed nothing."""

    def __init__(
        self,
        database: Database,
        worker: str,
        spool_id: str,
        owns: Callable[[str], bool] = own_all,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        on_loss: Callable[[str], None] = lambda _code: None,
        complete: Callable[[str, EquipmentState], EquipmentState] = lambda _code, state: state,
    ) -> None:
        """`on_loss` hears of equipment of which what is remembered here is out of date: another worker holds it from
        then on, or a guest's copy is read anew.  `complete` gives a state what others remember of the equipment, when
        it is saved."""
        self._database = database
        self._worker = worker
        self._spool_id = spool_id
        self._owns = owns
        self._monotonic = monotonic
        self._sleep = sleep
        self._on_loss = on_loss
        self._complete = complete
        self._states: dict[str, EquipmentState] = {}
        self._held: set[str] = set()
        self._guests: dict[str, _Guest] = {}
        self._lost_at: dict[str, float] = {}
        self._changed: set[str] = set()
        self._takings = 0
        self._look_at = monotonic()
        self._waited_at: dict[str, float] = {}

    def start(self) -> int:
        """Load what this worker holds; the number of the last batch that it covers."""
        with self._database.reading() as repositories:
            stored = repositories.checkpoints.states_held_by(self._worker)
            covered = repositories.checkpoints.decided(self._worker, self._spool_id)
            self._takings = repositories.checkpoints.takings_from(self._worker)
        self._states = {code: decode_state(state) for code, state in stored.items()}
        self._held = set(stored)
        self._guests.clear()
        self._lost_at.clear()
        self._changed.clear()
        return covered

    def get(self, code: str) -> EquipmentState | None:
        """The state of equipment that was met; None while it has none."""
        return self._states.get(code)

    def is_guest(self, code: str) -> bool:
        """Whether another worker holds the equipment that is decided here too."""
        return code in self._guests

    def meet(self, site_of: Mapping[str, str]) -> None:
        """Have the current states of this equipment (code → site), which is about to be decided."""
        self.look()
        now = self._monotonic()
        strange = [code for code in site_of if code not in self._states]
        if self._guests:
            strange += self._old_guests(site_of, now)
        if strange:
            self._load(strange, site_of)
        for code in self._guests.keys() & site_of.keys():
            self._guests[code].decided_at = now

    def keep(self, states: Mapping[str, EquipmentState]) -> None:
        """What was decided; saved by the next checkpoint."""
        self._states.update(states)
        self._changed.update(states)

    def save(self, number: int) -> None:
        """The checkpoint: the states that changed, and the last batch that they cover, in one transaction."""
        changed = self._changed - self._guests.keys()
        with self._database.transaction() as repositories:
            checkpoints = repositories.checkpoints
            holders = self._lock_holders(repositories, sorted(changed - self._held))
            takings = checkpoints.takings_from(self._worker)
            held = self._held if takings == self._takings else checkpoints.codes_held_by(self._worker)
            lost = self._held - held
            saved = {code: encode_state(self._complete(code, self._states[code])) for code in changed - lost}
            checkpoints.save_states(saved, self._worker)
            for holder in sorted({holders[code] for code in saved.keys() & holders.keys()}):
                checkpoints.note_taking(holder)
            checkpoints.save_decided(self._worker, self._spool_id, number)
        self._takings = takings
        self._lose(lost)
        self._held.update(saved)
        self._changed.clear()

    def _lock_holders(self, repositories: Repositories, unheld: Sequence[str]) -> dict[str, str]:
        """Who else holds some of these, with no other checkpoint of theirs or ours until the transaction ends."""
        holders = self._holders_of(repositories, unheld)
        repositories.checkpoints.lock_workers({self._worker, *holders.values()})
        return self._holders_of(repositories, unheld) if holders else holders

    def _holders_of(self, repositories: Repositories, codes: Sequence[str]) -> dict[str, str]:
        found = repositories.checkpoints.held_states(codes) if codes else {}
        return {code: one.worker for code, one in found.items() if one.worker not in (None, self._worker)}

    def look(self) -> None:
        """Learn what others have taken over meanwhile, every second."""
        now = self._monotonic()
        if now < self._look_at:
            return
        with self._database.reading() as repositories:
            takings = repositories.checkpoints.takings_from(self._worker)
            held = self._held if takings == self._takings else repositories.checkpoints.codes_held_by(self._worker)
        self._takings = takings
        self._lose(self._held - held)
        self._look_at = now + LOOK_EVERY_S

    def _lose(self, codes: Iterable[str]) -> None:
        now = self._monotonic()
        for code in set(codes):
            self._held.discard(code)
            self._changed.discard(code)
            # The new holder's is the newer one, or as good.
            self._states.pop(code, None)
            self._lost_at[code] = now
            self._on_loss(code)

    def _old_guests(self, site_of: Mapping[str, str], now: float) -> list[str]:
        """Those whose copy is out of date; and those whose holder sleeps, which become this worker's own."""
        met = [(code, self._guests[code]) for code in self._guests.keys() & site_of.keys()]
        outdated = [code for code, guest in met if now - guest.decided_at > LATELY_S]
        compare = [code for code, guest in met if now - guest.compared_at > LATELY_S and code not in outdated]
        if compare:
            with self._database.reading() as repositories:
                found = repositories.checkpoints.held_states(sorted(compare))
            for code in compare:
                guest, held = self._guests[code], found[code].state if code in found else b""
                if held == guest.held and held != encode_state(self._complete(code, self._states[code])):
                    del self._guests[code]
                else:
                    guest.held, guest.compared_at = held, now
        return outdated

    def _load(self, codes: Sequence[str], site_of: Mapping[str, str]) -> None:
        with self._database.reading() as repositories:
            found = repositories.checkpoints.held_states(codes)
        foreign = {code: one.worker for code, one in found.items() if one.worker not in (None, self._worker)}
        # What was taken over a moment ago is not taken back at once: two workers that both get it would never rest.
        now = self._monotonic()
        rested = [code for code in foreign if now - self._lost_at.get(code, -LATELY_S) >= LATELY_S]
        coming = [code for code in rested if self._owns(site_of[code])]
        if coming and self._wait_for({foreign[code] for code in coming}):
            with self._database.reading() as repositories:
                found.update(repositories.checkpoints.held_states(coming))
        states = {code: _decode(code, one) for code, one in found.items()}
        now = self._monotonic()
        self._states.update(states)
        for code in codes:
            if self._guests.pop(code, None) is not None:
                self._on_loss(code)
            if code in foreign and code not in coming:
                self._guests[code] = _Guest(held=found[code].state, compared_at=now, decided_at=now)

    def _wait_for(self, holders: Iterable[str]) -> bool:
        """Until each holder has saved what it knew when this was called, or has nothing to save."""
        began = self._monotonic()
        waiting = {one for one in holders if began - self._waited_at.get(one, -WAIT_AGAIN_S) >= WAIT_AGAIN_S}
        if not waiting:
            return False
        last = self._progress_of(waiting)
        moves = dict.fromkeys(waiting, 0)
        while waiting and (waited := self._monotonic() - began) < WAIT_S:
            self._sleep(_POLL_S)
            for holder, decided in self._progress_of(waiting).items():
                moves[holder] += decided != last.get(holder)
                last[holder] = decided
            waiting = {one for one in waiting if moves[one] < 2 and (moves[one] or waited < SILENT_S)}
        self._waited_at.update(dict.fromkeys(moves, self._monotonic()))
        return True

    def _progress_of(self, workers: Iterable[str]) -> dict[str, int]:
        with self._database.reading() as repositories:
            return repositories.checkpoints.progress_of(sorted(workers))


def _decode(code: str, held: HeldState) -> EquipmentState:
    try:
        return decode_state(held.state)
    except UnknownFormat as error:
        # Of a worker of another release: whoever waits until that is mended loses nothing.
        raise StoreUnavailable(f"{code}, saved by worker {held.worker}: {error}") from error
