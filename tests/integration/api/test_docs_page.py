"""`/docs` in a real browser: everything it needs comes from the service, under its own policy."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from iot_maint.api.app import create_app
from iot_maint.api.server import HttpServer
from iot_maint.domain.tokens import Scope
from iot_maint.services.tokens import issue_token
from tests.api_builders import ApiUnderTest
from tests.servers.processes import HOST, free_port

pytestmark = pytest.mark.slow


OPERATION = "#operations-work-orders-list_work_orders"


def try_out(page: Page, url: str, token: str) -> str:
    """Authorize with the token on the page, and call the list of work orders; the answer's status as shown."""
    page.goto(f"{url}/docs")
    page.wait_for_selector(OPERATION, timeout=30_000)
    page.click("button.authorize")
    page.fill(".auth-container input", token)
    page.click(".auth-btn-wrapper button.authorize")
    page.click(".btn-done")
    page.click(f"{OPERATION} .opblock-summary-control")
    page.click(f"{OPERATION} .try-out__btn")
    page.click(f"{OPERATION} .execute")
    page.wait_for_selector(f"{OPERATION} .live-responses-table .response-col_status")
    return page.inner_text(f"{OPERATION} .live-responses-table tbody .response-col_status")


def test_the_documentation_works_without_internet_and_breaks_no_policy(api: ApiUnderTest, chromium: Path) -> None:
    with api.database.transaction() as repositories:
        token, _ = issue_token(repositories, "browser", Scope.READ, api.clock)
    port = free_port()
    url = f"http://{HOST}:{port}"
    asked: list[str] = []
    complaints: list[str] = []
    with HttpServer(create_app(api.context), HOST, port), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        status = try_out(page, url, token)
        browser.close()
    assert status.startswith("200")
    assert complaints == []
    assert {address for address in asked if not address.startswith((url, "data:"))} == set()
