"""ASGI middleware: headers of every response, refused requests, and HEAD wherever GET is served."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "media-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
MAX_BODY_BYTES = 1_000_000
"""Largest request body; a question with its history needs a small part of it."""

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  (compared with, not bound)
_TOO_LARGE = f"The request is too large: at most {MAX_BODY_BYTES:,} bytes are read."
_UPLOADS = "/gradio_api/upload"


class SecurityMiddleware:
    """Refuses foreign hosts, uploads and huge bodies; adds the protective headers; grants no CORS.

    Parameters
    ----------
    app
        The application to protect.
    bound_host
        The address the server listens on. Bound to every address, any IP literal is accepted as
        Host too: rebinding a name, which the check is against, needs a name.
    allowed_hosts
        Further names under which the server is known.
    """

    def __init__(
        self, app: ASGIApp, bound_host: str = "127.0.0.1", allowed_hosts: Collection[str] = ()
    ) -> None:
        self._app = app
        self._everywhere = bound_host in _EVERYWHERE
        names = {bound_host, *allowed_hosts} - _EVERYWHERE
        if self._everywhere:
            names.add(socket.gethostname())
        self._hosts = _LOCAL | {name.strip("[]").lower() for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self._trusts(headers.get("host", "")):
            await _refuse(scope, receive, send, "This server does not go by that name.", 400)
            return
        if scope["type"] == "http":
            if scope["path"].startswith(_UPLOADS):
                await _refuse(scope, receive, send, "This chat takes no files.", 403)
                return
            if not _small(headers.get("content-length", "0")):
                await _refuse(scope, receive, send, _TOO_LARGE, 413)
                return
        await self._served(scope, receive, send)

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        capped = _Capped(receive)
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if capped.exceeded and not started:
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
            if not capped.exceeded or started:
                raise
        if capped.exceeded and not started:
            await _refuse(scope, receive, send, _TOO_LARGE, 413)

    def _trusts(self, host_header: str) -> bool:
        host = _host_only(host_header)
        if host in self._hosts:
            return True
        return self._everywhere and _is_address(host)


class _Capped:
    """A request body that is cut off once it has grown too large."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._seen = 0
        self.exceeded = False

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self._seen > MAX_BODY_BYTES:
                self.exceeded = True
                return {"type": "http.disconnect"}
        return message


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


async def _refuse(scope: Scope, receive: Receive, send: Send, line: str, status: int) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    response = JSONResponse({"error": line}, status_code=status)
    await response(scope, receive, _protecting(send))


def _host_only(header: str) -> str:
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _small(content_length: str) -> bool:
    return content_length.isdecimal() and int(content_length[:20]) <= MAX_BODY_BYTES
