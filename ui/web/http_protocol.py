"""HTTP/1.1 as the server speaks it: patient within bounds, and its own refusals in the API's one shape."""

from __future__ import annotations

import asyncio
import json

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from ui.web.security import refuse

MAX_CONNECTIONS = 500
"""Connections and requests at once; a further request is answered with status 503."""
HEAD_SECONDS = 20.0
"""A connection that has not sent the head of a request by then is closed."""
_NO_HTTP = "This is not valid HTTP; send a request of HTTP/1.1."
_FULL = "The server has too many connections; please try again soon."
_RETRY = {"retry-after": "5"}


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that waits for the head of a request, but not for ever, and refuses in JSON.

    What uvicorn refuses before an application sees it, it says as plain text, under no headers of ours.
    """

    _head_timer: asyncio.TimerHandle | None = None

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._served = self.app
        self.app = self._answer

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a first request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Read what came; go on waiting where it does not complete a request's head."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._rest()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        del msg
        body = json.dumps({"error": _NO_HTTP}).encode()
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("x-content-type-options", "nosniff"),
            ("connection", "close"),
        ]
        head = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
        for event in (head, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        # This request is among those that are counted.
        if max(len(self.connections), len(self.tasks)) > MAX_CONNECTIONS:
            await refuse(scope, receive, send, _FULL, 503, _RETRY)
            return
        await self._served(scope, receive, send)

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._rest()
        elif self._head_timer is None:
            # Not begun anew with each byte that trickles in.
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _rest(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
