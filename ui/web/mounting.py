"""An application that starts itself where the one it is mounted in does not pass its start on."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send


class SelfStarting:
    """Runs an application's start-up before its first request, unless a server has run it.

    Servers send an application the ASGI event ``lifespan``; Starlette and others do not pass it on to what
    is mounted, and Gradio's queue would never begin to work.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app: ASGIApp = app
        self._lifespan = app.router.lifespan_context(app)
        self._stack = AsyncExitStack()
        self._starting = asyncio.Lock()
        self._started = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, or the start and end of the server."""
        if scope["type"] == "lifespan":
            self._started = True
        elif not self._started:
            async with self._starting:
                if not self._started:
                    # Left when the event loop ends, as nobody tells when the outer application does.
                    await self._stack.enter_async_context(self._lifespan)
                    self._started = True
        await self._app(scope, receive, send)
