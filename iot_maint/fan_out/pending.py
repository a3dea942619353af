"""Work that was handed on: what processes of this machine and Dask have in common."""

from collections.abc import Callable
from typing import Protocol, TypeVar

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Pending(Protocol[R_co]):
    """A result that is still to come."""

    def result(self) -> R_co:
        """Wait for it; the work's own exception comes out here."""
        ...

    def cancel(self) -> object:
        """Nobody waits for it any more."""
        ...


class Submit(Protocol):
    """Hands one call on."""

    def __call__(self, function: Callable[..., R], /, *arguments: object) -> Pending[R]: ...
