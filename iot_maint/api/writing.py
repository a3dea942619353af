"""Writes happen once: change and remembered answer (`Idempotency-Key`) are one transaction."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from iot_maint.api.callers import Caller, Writer
from iot_maint.api.context import ApiContext
from iot_maint.api.problem_kinds import KeyReused
from iot_maint.domain.errors import MaintError
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.ports import Repositories

REPLAYED = "Idempotency-Replayed"

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Any text of the caller's, one a write: sending the same write again answers as the first time.",
        examples=["7c9e6679-7425-40de-944b-e07fc1f90ae7"],
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A writing request: who asks, under which key, and a fingerprint of what is asked."""

    caller: Caller
    key: str | None
    fingerprint: str


async def write_of(request: Request, caller: Writer, idempotency_key: IdempotencyKey = None) -> Write:
    """The key is the caller's own: another token's same key is another key."""
    asked = "\0".join((request.method, request.url.path, request.url.query)).encode() + b"\0" + await request.body()
    key = hashlib.sha256(f"{caller.fingerprint}\0{idempotency_key}".encode()).hexdigest()
    return Write(
        caller=caller,
        key=key if idempotency_key is not None else None,
        fingerprint=hashlib.sha256(asked).hexdigest(),
    )


OneWrite = Annotated[Write, Depends(write_of)]


class _KeyTakenMeanwhile(MaintError):
    """Another request with the same key has just committed."""


def answer_once(
    context: ApiContext,
    write: Write,
    model: type[BaseModel],
    change: Callable[[Repositories], JsonObject],
    *,
    status: int = 200,
) -> Response:
    """Make the change and answer with it, or answer as before.  An error changes nothing and is not remembered."""
    try:
        return _change(context, write, model, change, status)
    except MaintError:
        # The same request may have come twice at once: then the other one's answer is this one's too.
        with context.database.reading() as repositories:
            given = _given(repositories, write)
        if given is None:
            raise
        return given


def _change(
    context: ApiContext,
    write: Write,
    model: type[BaseModel],
    change: Callable[[Repositories], JsonObject],
    status: int,
) -> Response:
    with context.database.transaction() as repositories:
        given = _given(repositories, write)
        if given is not None:
            return given
        body = model.model_validate(change(repositories)).model_dump_json().encode()
        if write.key is not None and not repositories.idempotency.add(
            write.key, write.fingerprint, status, body, context.clock.now()
        ):
            raise _KeyTakenMeanwhile
    return Response(body, status_code=status, media_type="application/json")


def _given(repositories: Repositories, write: Write) -> Response | None:
    """The answer that this request got before; `KeyReused` when its key belongs to another one."""
    given = repositories.idempotency.find(write.key) if write.key is not None else None
    if given is None:
        return None
    fingerprint, status, body = given
    if fingerprint != write.fingerprint:
        raise KeyReused("this Idempotency-Key was used for another request; use a new one for a new write")
    return Response(body, status_code=status, media_type="application/json", headers={REPLAYED: "true"})
