"""Writes happen once: change and remembered answer (`Idempotency-Key`) are one transaction."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from iot_maint.api.callers import Caller, Writer
from iot_maint.api.context import ApiContext
from iot_maint.api.problems import KeyReused
from iot_maint.domain.errors import Conflict, MaintError
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.ports import Repositories

REPLAYED = "Idempotency-Replayed"
_ATTEMPTS = 2

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
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Make the change and answer with it, or answer as before.  An error changes nothing and is not remembered."""
    for _ in range(_ATTEMPTS):
        try:
            return _answer(context, write, model, change, status, headers or {})
        except _KeyTakenMeanwhile:
            continue  # its answer stands now
    raise Conflict("another request with the same Idempotency-Key is under way")


def _answer(
    context: ApiContext,
    write: Write,
    model: type[BaseModel],
    change: Callable[[Repositories], JsonObject],
    status: int,
    headers: Mapping[str, str],
) -> Response:
    with context.database.transaction() as repositories:
        given = repositories.idempotency.find(write.key) if write.key is not None else None
        if given is not None:
            fingerprint, status, body = given
            if fingerprint != write.fingerprint:
                raise KeyReused("this Idempotency-Key was used for another request; use a new one for a new write")
            return _json(body, status, {**headers, REPLAYED: "true"})
        body = model.model_validate(change(repositories)).model_dump_json().encode()
        if write.key is not None and not repositories.idempotency.add(
            write.key, write.fingerprint, status, body, context.clock.now()
        ):
            raise _KeyTakenMeanwhile
    return _json(body, status, headers)


def _json(body: bytes, status: int, headers: Mapping[str, str]) -> Response:
    return Response(body, status_code=status, media_type="application/json", headers=dict(headers))
