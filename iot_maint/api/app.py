"""Assembles the API: resources, errors, limits, documentation."""

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from iot_maint.api.context import ApiContext
from iot_maint.api.middleware import BodyLimit, SecurityHeaders
from iot_maint.api.openapi import ApiWithProblems
from iot_maint.api.problems import install_problems
from iot_maint.api.resources import (
    alarms,
    archive,
    docs_page,
    equipment,
    faults,
    feedback,
    health,
    models,
    quality,
    rules,
    telemetry,
    work_orders,
)

PREFIX = "/api/v1"
_RESOURCES = (
    equipment.router,
    archive.router,
    telemetry.router,
    quality.router,
    feedback.router,
    rules.router,
    alarms.router,
    work_orders.csv_router,
    work_orders.router,
    models.router,
    faults.router,
)


def create_app(context: ApiContext) -> FastAPI:
    """The API over those ports; connects to nothing by itself."""
    app = ApiWithProblems(
        title="iot-maint",
        version="1",
        description="Equipment, alarms and work orders.  Times are RFC 3339 with the site's offset.",
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(SecurityHeaders), Middleware(BodyLimit, default_language=context.language)],
    )
    app.state.context = context
    install_problems(app)
    app.include_router(health.router)
    v1 = APIRouter(prefix=PREFIX)
    for router in _RESOURCES:
        v1.include_router(router)
    app.include_router(v1)
    docs_page.mount_docs(app)
    return app
