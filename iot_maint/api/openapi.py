"""The OpenAPI document: FastAPI's, with a problem document behind every error."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from iot_maint.api.models.common import Problem
from iot_maint.api.problems import MEDIA_TYPE

_EVERYWHERE = (400, 422, 500, 503)
_WITH_TOKEN = (401, 403, 404)
_WRITING = (409, 413)
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
# FastAPI's own shape of a validation error, which no answer has here.
_REPLACED = ("HTTPValidationError", "ValidationError")


class ApiWithProblems(FastAPI):
    """A FastAPI whose OpenAPI document tells the truth about errors."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            schemas = document["components"]["schemas"]
            for name in _REPLACED:
                schemas.pop(name, None)
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= problem.pop("$defs", {}) | {"Problem": problem}
            for operations in document["paths"].values():
                for method, operation in operations.items():
                    _document_errors(method, operation)
        return self.openapi_schema or {}


def _document_errors(method: str, operation: dict[str, Any]) -> None:
    statuses: tuple[int, ...] = _EVERYWHERE
    statuses += _WITH_TOKEN if "security" in operation else ()
    statuses += _WRITING if method in {"post", "put", "patch", "delete"} else ()
    responses = operation["responses"]
    for status in statuses:
        if str(status) not in responses or status == HTTPStatus.UNPROCESSABLE_ENTITY:
            responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": _PROBLEM}
