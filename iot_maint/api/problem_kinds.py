"""The kinds of problems, and the one place where the product's errors get their HTTP status."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from iot_maint.domain.catalog import Text
from iot_maint.domain.errors import (
    Conflict,
    IllegalTransition,
    InvalidInput,
    MaintError,
    StoreRefused,
    StoreUnavailable,
    UnknownEquipment,
    UnknownThing,
)
from iot_maint.services.backtest.requests import QueueFull


class Unauthenticated(MaintError):
    """No token, or none that is known."""


class Forbidden(MaintError):
    """The token's scope does not cover the request."""


class KeyReused(MaintError):
    """An `Idempotency-Key` that belongs to another request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of problem: the last part of its type URI, its status, and its title."""

    slug: str
    status: HTTPStatus
    title: Text


BUSY_FOR_S = 60  # what `Retry-After` says of a full queue


KINDS: Mapping[type[MaintError], Kind] = {
    Unauthenticated: Kind(
        slug="unauthenticated",
        status=HTTPStatus.UNAUTHORIZED,
        title=Text(zh="需要有效的访问令牌", en="A valid token is needed"),
    ),
    Forbidden: Kind(
        slug="forbidden",
        status=HTTPStatus.FORBIDDEN,
        title=Text(zh="令牌权限不足", en="The token's scope is too small"),
    ),
    UnknownEquipment: Kind(
        slug="unknown-equipment", status=HTTPStatus.NOT_FOUND, title=Text(zh="没有这台设备", en="No such equipment")
    ),
    UnknownThing: Kind(slug="not-found", status=HTTPStatus.NOT_FOUND, title=Text(zh="未找到", en="Not found")),
    IllegalTransition: Kind(
        slug="illegal-transition",
        status=HTTPStatus.CONFLICT,
        title=Text(zh="工单当前状态不允许此操作", en="The work order cannot go this way from its status"),
    ),
    Conflict: Kind(
        slug="conflict",
        status=HTTPStatus.CONFLICT,
        title=Text(zh="与现有数据冲突，未作任何更改", en="Contradicts what stands; nothing was changed"),
    ),
    KeyReused: Kind(
        slug="idempotency-key-reused",
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title=Text(zh="该幂等键已用于另一请求", en="The idempotency key belongs to another request"),
    ),
    QueueFull: Kind(
        slug="queue-full",
        status=HTTPStatus.TOO_MANY_REQUESTS,
        title=Text(zh="排队已满，请稍后再试", en="The queue is full; try again later"),
    ),
    InvalidInput: Kind(
        slug="invalid-input", status=HTTPStatus.UNPROCESSABLE_ENTITY, title=Text(zh="输入有误", en="Invalid input")
    ),
    StoreUnavailable: Kind(
        slug="store-unavailable",
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        title=Text(zh="存储暂不可用，请稍后重试", en="A store does not answer now; try again later"),
    ),
    StoreRefused: Kind(
        slug="store-refused", status=HTTPStatus.BAD_GATEWAY, title=Text(zh="存储拒绝了请求", en="A store refused")
    ),
}
FAILURE = Kind(
    slug="internal-error",
    status=HTTPStatus.INTERNAL_SERVER_ERROR,
    title=Text(zh="服务内部错误", en="The service failed; its log says why"),
)


def kind_of(error: MaintError) -> Kind:
    """The error's own kind, or its nearest ancestor's."""
    return next((KINDS[ancestor] for ancestor in type(error).__mro__ if ancestor in KINDS), FAILURE)
