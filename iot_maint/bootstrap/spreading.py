"""One function over many things: on the cores of this machine, on the cluster of the settings, or in a plain loop."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from iot_maint.domain.errors import MaintError
from iot_maint.fan_out import Cluster, fan_out, parse_cluster
from iot_maint.services.training.fanning import FanOut
from iot_maint.settings import Settings

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Generic[Made]):
    """What another process came to: something, or the line that says why not.

    Errors travel as their line: not every one of them can be pickled.
    """

    thing: Made | None = None
    error: str | None = None

    def made(self) -> Made:
        """The thing; `MaintError` where it came to nothing."""
        if self.error is not None or self.thing is None:
            raise MaintError(self.error or "the other process made nothing")
        return self.thing


def tell(function: Callable[[Given], Made], thing: Given) -> Told[Made]:
    """For the way between processes."""
    try:
        return Told(thing=function(thing))
    except MaintError as error:
        return Told(error=str(error))


def cluster_of(settings: Settings) -> Cluster | None:
    """The Dask cluster of the settings, None where there is none; `BrokenSetting` for one that may not be."""
    return None if settings.dask is None else parse_cluster(settings.dask, settings.dask_tls)


def map_here(function: Callable[[Given], Made], things: Iterable[Given], /) -> Iterator[Made]:
    """One after the other, in this process."""
    return fan_out(function, things, processes=1)


def map_by(settings: Settings) -> FanOut:
    """Over the cluster of the settings, else in as many processes as there are cores."""
    cluster = cluster_of(settings)

    def spread(function: Callable[[Given], Made], things: Iterable[Given], /) -> Iterator[Made]:
        for told in fan_out(partial(tell, function), things, over=cluster):
            yield told.made()

    return spread
