"""What holds for every request: a bounded body, and headers that keep browsers careful."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iot_maint.api.languages import choose_language
from iot_maint.api.problems import SECURITY_HEADERS, http_problem, render_problem
from iot_maint.domain.catalog import Language

MAX_BODY = 1 << 20  # bytes


class SecurityHeaders:
    """Nothing is sniffed, framed, cached or referred; a route may set a policy of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to an HTTP answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BodyLimit:
    """Refuses a body above `MAX_BODY` bytes before a handler sees it, whether its length was announced or not.

    The body is read here, whole: handlers need it whole anyway, and an answer may not have begun when it overflows.
    """

    def __init__(self, app: ASGIApp, default_language: Language) -> None:
        self._app = app
        self._default_language = default_language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body read, or answer 413."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("Content-Length", "0")
        if announced.isdecimal() and int(announced[:20]) > MAX_BODY:
            await self._refuse(scope, receive, send)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > MAX_BODY:
                await self._refuse(scope, receive, send)
                return
        read: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def receive_read() -> Message:
            return read.pop() if read else await receive()

        await self._app(scope, receive_read, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        language = choose_language(Headers(scope=scope).get("Accept-Language", ""), self._default_language)
        problem = http_problem(413, f"a request's body may have {MAX_BODY} bytes", {"Connection": "close"})
        await render_problem(problem, scope["path"], language)(scope, receive, send)
