"""ASGI middleware: headers of every response, refused requests, and HEAD wherever GET is served."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.web.hosts import TrustedHosts
from ui.web.prefix import path_inside

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "media-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
MAX_BODY_BYTES = 1_000_000
"""Largest request body; a question with its history needs a small part of it."""
BODY_SECONDS = 30.0
"""A request body that takes longer is not waited for."""
HEALTH_PATH, READY_PATH, METRICS_PATH = "/healthz", "/readyz", "/metrics"
OPEN_PATHS = frozenset({HEALTH_PATH, READY_PATH})
"""Asked by monitors, by address and without a password."""


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How large a request's body may be, and how long it may take to arrive."""

    size: int = MAX_BODY_BYTES
    """In bytes."""
    seconds: float = BODY_SECONDS

    @property
    def too_large(self) -> tuple[str, int]:
        """The answer to a larger one, and its status."""
        return f"The request is too large: at most {self.size:,} bytes are read.", 413

    @property
    def too_slow(self) -> tuple[str, int]:
        """The answer to a slower one, and its status."""
        return f"The request took more than {self.seconds:.0f} seconds to arrive.", 408


_USUAL = BodyLimits()
_LOG = logging.getLogger("presscite")
_FAILED = "Something went wrong on the server; its log says what.", 500
_UPLOADS = "/gradio_api/upload"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Gradio takes the address of its own page from this header of any client.
_NOT_PASSED_ON = frozenset({b"x-gradio-server"})


class SecurityMiddleware:
    """Refuses foreign hosts and origins, uploads, huge and slow bodies; adds headers; grants no CORS.

    Parameters
    ----------
    app
        The application to protect.
    bound_host, allowed_hosts
        As `ui.web.hosts.TrustedHosts` takes them.
    uploads
        Paths to which more may be sent than elsewhere.
    """

    def __init__(
        self,
        app: ASGIApp,
        bound_host: str = "127.0.0.1",
        allowed_hosts: Collection[str] = (),
        uploads: Mapping[str, BodyLimits] = MappingProxyType({}),
    ) -> None:
        self._app = app
        self._uploads = uploads
        self._hosts = TrustedHosts(bound_host, allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal:
            await refuse(scope, receive, send, *refusal)
            return
        passed = [pair for pair in scope["headers"] if pair[0] not in _NOT_PASSED_ON]
        await self._served({**scope, "headers": passed}, receive, send)

    def _refusal(self, scope: Scope) -> tuple[str, int] | None:
        """Return why a request is refused before its body is read, and the status; None where it is not."""
        headers, path = Headers(scope=scope), path_inside(scope)
        # Monitors ask by address, and learn nothing but whether the server can answer.
        if path not in OPEN_PATHS and not self._hosts.trusts(headers):
            return "This server does not go by that name; see --allowed-host.", 400
        if scope["type"] == "http":
            if scope["method"] not in _SAFE and not self._hosts.own_page(headers):
                return "This server takes no requests from pages of other sites.", 403
            if path.startswith(_UPLOADS):
                return "This chat takes no files.", 403
            limits = self._limits(scope)
            if not _small(headers.get("content-length", "0"), limits.size):
                return limits.too_large
        return None

    def _limits(self, scope: Scope) -> BodyLimits:
        return self._uploads.get(path_inside(scope), _USUAL)

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        capped = _Capped(receive, self._limits(scope))
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if capped.refusal and not started:
                return  # what the application says of a body cut short is replaced below
            started = True
            await send(message)

        head = scope["type"] == "http" and scope["method"] == "HEAD"
        if head:
            scope = {**scope, "method": "GET"}
        answer = _protecting(_without_body(guarded) if head else guarded)
        try:
            await self._app(scope, capped, answer)
        except Exception:
            if started:
                raise
            if not capped.refusal:
                # Answered here, where the headers are added: the framework would do so outside.
                _LOG.exception("a request failed")
                await refuse(scope, receive, send, *_FAILED)
                return
        if capped.refusal and not started:
            await refuse(scope, receive, send, *capped.refusal)


class _Capped:
    """A request body that is cut off once it has grown too large, or is too slow to arrive."""

    def __init__(self, receive: Receive, limits: BodyLimits) -> None:
        self._receive = receive
        self._limits = limits
        self._seen = 0
        self._whole = False
        self._ends: float | None = None
        self.refusal: tuple[str, int] | None = None

    async def __call__(self) -> Message:
        try:
            message = await self._next()
        except TimeoutError:
            self.refusal = self._limits.too_slow
            return {"type": "http.disconnect"}
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
            if self._seen > self._limits.size:
                self.refusal = self._limits.too_large
                return {"type": "http.disconnect"}
        return message

    async def _next(self) -> Message:
        if self._whole:
            # What comes next is the end of the connection, whenever that is.
            return await self._receive()
        now = asyncio.get_running_loop().time()
        if self._ends is None:
            self._ends = now + self._limits.seconds
        async with asyncio.timeout(self._ends - now):
            return await self._receive()


def _without_body(send: Send) -> Send:
    async def bodiless(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return bodiless


def _protecting(send: Send) -> Send:
    async def protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name in [name for name in headers if name.startswith("access-control-")]:
                del headers[name]
            headers.setdefault("content-security-policy", CONTENT_SECURITY_POLICY)
            headers["x-content-type-options"] = "nosniff"
            headers["referrer-policy"] = "no-referrer"
            headers["x-frame-options"] = "DENY"
            headers["cross-origin-resource-policy"] = "same-origin"
        await send(message)

    return protected


async def refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    line: str,
    status: int,
    headers: dict[str, str] | None = None,
) -> None:
    """Answer a request with an error in the API's one shape, under the protective headers."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    response = JSONResponse({"error": line}, status_code=status, headers=headers)
    await response(scope, receive, _protecting(send))


def _small(content_length: str, most: int) -> bool:
    return content_length.isdecimal() and int(content_length[:20]) <= most
