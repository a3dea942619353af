"""Every error as a problem document (RFC 9457, `application/problem+json`)."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from iot_maint.api.languages import choose_language
from iot_maint.api.problem_kinds import BUSY_FOR_S, FAILURE, KINDS, Forbidden, Unauthenticated, kind_of
from iot_maint.domain.catalog import Language, Text
from iot_maint.domain.errors import IllegalTransition, InvalidInput, MaintError, StoreUnavailable
from iot_maint.domain.json_value import Json, JsonObject
from iot_maint.services.backtest.requests import QueueFull

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


_TITLES: Mapping[int, Text] = {
    HTTPStatus.BAD_REQUEST: Text(zh="请求格式错误", en="Malformed request"),
    HTTPStatus.NOT_FOUND: Text(zh="未找到", en="Not found"),
    HTTPStatus.METHOD_NOT_ALLOWED: Text(zh="不支持的方法", en="Method not allowed"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Text(zh="请求体过大", en="The request's body is too large"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a problem document says; `extensions` are further members."""

    slug: str
    status: int
    title: Text
    detail: str
    extensions: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def render_problem(problem: Problem, path: str, language: Language) -> Response:
    """The answer that carries it."""
    document: JsonObject = {
        "type": f"urn:iot-maint:problem:{problem.slug}",
        "title": problem.title.of(language),
        "status": problem.status,
        "detail": problem.detail,
        "instance": path,
        **problem.extensions,
    }
    return Response(
        json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace"),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={**problem.headers, "Content-Language": language.value},
    )


def problem_of(error: MaintError) -> Problem:
    """The problem that an error of the product is: its own kind's, or its nearest ancestor's."""
    kind = kind_of(error)
    extensions: dict[str, Json] = {}
    headers: dict[str, str] = {}
    if isinstance(error, IllegalTransition):
        extensions["legal"] = list(error.legal)
    if isinstance(error, InvalidInput):
        extensions["errors"] = [{"field": error.field, "reason": error.reason}]
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="iot-maint"'
    if isinstance(error, Forbidden):
        headers["WWW-Authenticate"] = 'Bearer realm="iot-maint", error="insufficient_scope"'
    if isinstance(error, QueueFull):
        headers["Retry-After"] = str(BUSY_FOR_S)
    if isinstance(error, StoreUnavailable):
        wait = error.retry_after.total_seconds() if error.retry_after is not None else 5
        headers["Retry-After"] = str(max(1, round(wait)))
    return Problem(
        slug=kind.slug,
        status=kind.status,
        title=kind.title,
        detail=str(error),
        extensions=extensions,
        headers=headers,
    )


def http_problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Problem:
    """The problem of a bare HTTP status."""
    phrase = HTTPStatus(status).phrase
    slug = phrase.lower().replace(" ", "-")
    title = _TITLES.get(status, Text(zh=phrase, en=phrase))
    return Problem(slug=slug, status=status, title=title, detail=detail, headers=headers or {})


def validation_problem(errors: Sequence[Mapping[str, object]]) -> Problem:
    """400 for a body that is no JSON, 422 for one (or a parameter) that says what it must not."""
    status = HTTPStatus.BAD_REQUEST if any(e["type"] == "json_invalid" for e in errors) else _UNPROCESSABLE
    said: list[JsonObject] = [{"field": _place(e["loc"]), "reason": str(e["msg"])} for e in errors]
    detail = "; ".join(f"{one['field']}: {one['reason']}" for one in said[:3])
    more = f" (and {len(said) - 3} more)" if len(said) > 3 else ""
    title = _TITLES[status] if status == HTTPStatus.BAD_REQUEST else KINDS[InvalidInput].title
    slug = "malformed-request" if status == HTTPStatus.BAD_REQUEST else KINDS[InvalidInput].slug
    return Problem(slug=slug, status=status, title=title, detail=detail + more, extensions={"errors": said})


_UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


def _place(location: object) -> str:
    return ".".join(str(part) for part in location) if isinstance(location, tuple | list) else str(location)


def install_problems(app: FastAPI) -> None:
    """Make every error of the app a problem document."""

    def answer(request: Request, problem: Problem) -> Response:
        default: Language = app.state.context.language
        language = choose_language(request.headers.get("Accept-Language", ""), default)
        return render_problem(problem, request.url.path, language)

    @app.exception_handler(MaintError)
    def _on_maint_error(request: Request, error: MaintError) -> Response:
        return answer(request, problem_of(error))

    @app.exception_handler(RequestValidationError)
    def _on_invalid_request(request: Request, error: RequestValidationError) -> Response:
        return answer(request, validation_problem(error.errors()))

    @app.exception_handler(HTTPException)
    def _on_http_error(request: Request, error: HTTPException) -> Response:
        return answer(request, http_problem(error.status_code, str(error.detail), error.headers))

    @app.exception_handler(Exception)
    def _on_failure(request: Request, error: Exception) -> Response:
        # Starlette raises it again behind this answer, so the server logs its traceback.
        _log.error("%s %s failed: %s", request.method, request.url.path, type(error).__name__)
        problem = Problem(
            slug=FAILURE.slug,
            status=FAILURE.status,
            title=FAILURE.title,
            detail=FAILURE.title.en,
            headers=SECURITY_HEADERS,  # this answer is given outside of the middleware
        )
        return answer(request, problem)
