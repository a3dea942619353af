"""`/docs` without internet: Swagger UI from the installed package, under a policy that allows nothing else."""

from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

ASSETS = "/docs/assets"
# Only its files are used: its app factory would put a script into the page, which the policy forbids.
_BUNDLED = Path(fastapi_offline.__file__).parent / "static"
# Swagger UI has its icons inline.
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>iot-maint API</title>
<link rel="icon" type="image/png" href="{ASSETS}/favicon.png">
<link rel="stylesheet" href="{ASSETS}/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="{ASSETS}/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
# validatorUrl: the default asks a server on the internet whether the document is valid.
_START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
"""

router = APIRouter(include_in_schema=False)


@router.get("/")
def start_page() -> RedirectResponse:
    """Whoever types the bare address finds the documentation."""
    return RedirectResponse("/docs")


@router.get("/docs", response_class=HTMLResponse)
def docs_page() -> HTMLResponse:
    """The page; everything on it comes from here."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _CSP})


@router.get("/docs/start.js")
def start_script() -> Response:
    """Starts Swagger UI; a file of its own, since the policy allows no script inside the page."""
    return Response(_START, media_type="text/javascript")


def mount_docs(app: FastAPI) -> None:
    """The page and the files it needs."""
    app.include_router(router)
    app.mount(ASSETS, StaticFiles(directory=_BUNDLED), name="docs-assets")
