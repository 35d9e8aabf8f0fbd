"""ASGI middleware: a password before everything but the health checks (HTTP Basic, RFC 7617)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ipaddress
import math
import secrets
import unicodedata
from collections import OrderedDict

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.passwords import Passwords
from ui.web.prefix import path_inside
from ui.web.security import OPEN_PATHS, refuse
from ui.web.throttle import Throttle, Throttling

_MAX_KNOWN = 1_000
_MAX_HEADER_CHARS = 2_000
# Each check takes 32 MiB and a good part of a second of one core.
_CHECKED_AT_ONCE, _MAX_CHECKS = 2, 16
_CHALLENGE = {"www-authenticate": 'Basic realm="presscite", charset="UTF-8"'}
_ASKING = "Give the user and password of this server."


class PasswordMiddleware:
    """Asks for a user and password before anything is served.

    Parameters
    ----------
    app
        The application.
    passwords
        Who may use it; None: everybody.
    throttle
        Counts wrong passwords; None: in this process alone.
    """

    def __init__(
        self, app: ASGIApp, passwords: Passwords | None, throttle: Throttling | None = None
    ) -> None:
        self._app = app
        self._passwords = passwords
        self._throttle = throttle or Throttle()
        self._key = secrets.token_bytes(32)
        # Headers that were right once: a page has many parts, and each hash takes a while.
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._limiter = asyncio.Semaphore(_CHECKED_AT_ONCE)
        self._checking = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        asked = scope["type"] in {"http", "websocket"} and path_inside(scope) not in OPEN_PATHS
        if self._passwords is None or not asked:
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("authorization", "")
        if given and self._remembered(given):
            await self._app(scope, receive, send)
            return
        pair = _credentials(given) if given else None
        if pair is None:
            await refuse(scope, receive, send, _ASKING, 401, _CHALLENGE)
            return
        client = _client(scope)
        # Counted before it is checked; in a thread, where it may wait for other processes.
        busy = self._checking >= _MAX_CHECKS
        wait = 1.0 if busy else await asyncio.to_thread(self._throttle.attempt, client)
        if wait > 0:
            seconds = math.ceil(wait)
            line = f"Too many wrong passwords; try again in {seconds} seconds."
            await refuse(scope, receive, send, line, 429, {"retry-after": str(seconds)})
            return
        if not await self._right(given, pair, client, self._passwords):
            await refuse(scope, receive, send, _ASKING, 401, _CHALLENGE)
            return
        await self._app(scope, receive, send)

    async def _right(
        self, given: str, pair: tuple[str, str], client: str, passwords: Passwords
    ) -> bool:
        self._checking += 1
        try:
            async with self._limiter:
                right = await asyncio.to_thread(passwords.match, *pair)
        finally:
            self._checking -= 1
        if right:
            await asyncio.to_thread(self._throttle.succeeded, client)
            self._known[self._digest(given)] = None
            if len(self._known) > _MAX_KNOWN:
                self._known.popitem(last=False)
        return right

    def _remembered(self, given: str) -> bool:
        # Looked up by a keyed digest: the time tells nothing about the password.
        return len(given) <= _MAX_HEADER_CHARS and self._digest(given) in self._known

    def _digest(self, given: str) -> bytes:
        return hashlib.blake2b(given.encode("utf-8", "replace"), key=self._key).digest()


def _credentials(given: str) -> tuple[str, str] | None:
    scheme, _, encoded = given.partition(" ")
    if scheme.lower() != "basic" or len(given) > _MAX_HEADER_CHARS:
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except ValueError:
        return None
    user, colon, password = text.partition(":")
    return (unicodedata.normalize("NFC", user), password) if colon else None


def _client(scope: Scope) -> str:
    """Return what failures are counted under: an address, of IPv6 the network of one subscriber."""
    address = (scope.get("client") or ("", 0))[0]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return str(address)
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
