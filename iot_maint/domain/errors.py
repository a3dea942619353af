"""The one family of errors that the product raises on purpose; the API maps each to a status code once."""

from datetime import timedelta


class MaintError(Exception):
    """Something a person can mend; the message is one line: what is wrong, where, and what to do."""


class MalformedTelemetry(MaintError):
    """A message that cannot be decoded. `reason` is a stable code (`not_json`, `too_large`, …) that is counted."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class BrokenCatalog(MaintError):
    """An equipment type file that is refused; the message names the file and the key."""


class BrokenSetting(MaintError):
    """A setting that is missing or wrong; the message names the setting and what it accepts."""


class NotEnoughHistory(MaintError):
    """Too few healthy rows to learn from; the message says how many there are and how many it takes."""


class RefusedModel(MaintError):
    """A model's file that is not used; the message names the file, what is wrong with it, and what to do."""


class UnknownEquipment(MaintError):
    """No equipment of that code is in the register."""


class UnknownThing(MaintError):
    """No alarm, order, rule or token of that name."""


class Conflict(MaintError):
    """The change contradicts what stands; nothing was changed."""


class IllegalTransition(Conflict):
    """A work order cannot go this way from its status; `legal` names the transitions that it can take."""

    def __init__(self, transition: str, status: str, legal: tuple[str, ...]) -> None:
        ways = ", ".join(legal) or "none"
        super().__init__(f"cannot {transition} a work order that is {status}; legal transitions: {ways}")
        self.legal = legal


class InvalidInput(MaintError):
    """A value from a person that is refused; `field` names where it stood."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class StoreUnavailable(MaintError):
    """A store or broker does not answer now; the same call may succeed later.

    `retry_after` is the wait that the other side asked for, if it did.
    """

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StoreRefused(MaintError):
    """A store answered and refused the data or the caller; `status` is its HTTP-like code."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class UnknownFormat(MaintError):
    """Stored data of a format version that this release does not read; it is kept, not dropped."""
