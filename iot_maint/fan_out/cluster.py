"""A connection to a Dask scheduler whose workers are the same program as this one."""

import importlib
import importlib.metadata
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from iot_maint.domain.errors import MaintError, StoreUnavailable
from iot_maint.fan_out.addresses import SETTING, Cluster
from iot_maint.fan_out.pending import Pending, Submit
from iot_maint.tls import explain_failure

if TYPE_CHECKING:
    from distributed import Client

R = TypeVar("R")

CONNECT_WITHIN_S = 10
_ALIKE = ("iot-maint", "numpy", "scikit-learn")


@contextmanager
def connected(cluster: Cluster) -> Iterator[tuple[Submit, int]]:
    """(submit, how many workers); `MaintError` says what is missing, `StoreUnavailable` that the scheduler is away."""
    with _client(cluster) as client:
        workers = len(_alike_workers(client, cluster))

        def submit(function: Callable[..., R], *arguments: object) -> Pending[R]:
            # Not pure: Dask would take two items that look alike for one.
            pending: Pending[R] = client.submit(function, *arguments, pure=False)
            return pending

        yield submit, workers


@contextmanager
def _client(cluster: Cluster) -> Iterator["Client"]:
    try:
        # Only here: it takes a second to load, and most installations have no cluster.
        distributed = importlib.import_module("distributed")
    except ModuleNotFoundError:
        raise MaintError(f"{SETTING} is set, but Dask is not installed: `pip install 'iot-maint[dask]'`") from None
    files = cluster.tls_files
    security = None
    if files is not None:
        security = distributed.Security(
            tls_ca_file=str(files.authority),
            tls_client_cert=str(files.certificate),
            tls_client_key=str(files.key),
            require_encryption=True,
        )
    try:
        client: Client = distributed.Client(
            cluster.address, security=security, timeout=CONNECT_WITHIN_S, set_as_default=False
        )
    except (OSError, TimeoutError) as error:
        said = explain_failure(error, files.prefix if files is not None else "") or str(error)
        reason = " ".join(said.split())[:300]
        raise StoreUnavailable(f"{SETTING}: no Dask scheduler answers at {cluster.address}: {reason}") from error
    with client:
        yield client


def _alike_workers(client: "Client", cluster: Cluster) -> Mapping[str, Mapping[str, str]]:
    """The workers' versions; other versions would come to other results, or could not read what they are sent."""
    found: Mapping[str, Mapping[str, str]] = client.run(versions)
    if not found:
        raise MaintError(f"{SETTING}: the scheduler at {cluster.address} has no workers; start `dask worker` there")
    own = versions()
    for worker, theirs in sorted(found.items()):
        for name, version in own.items():
            if theirs.get(name) != version:
                raise MaintError(
                    f"{SETTING}: the worker {worker} has {name} {theirs.get(name)}, this process {version}: "
                    "install the same release on both"
                )
    return found


def versions() -> dict[str, str]:
    """What the results depend on, in this process."""
    return {
        "python": ".".join(platform.python_version_tuple()[:2]),
        **{name: importlib.metadata.version(name) for name in _ALIKE},
    }
