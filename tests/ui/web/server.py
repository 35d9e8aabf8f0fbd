"""A real uvicorn server in a thread, on a free port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from ui.web.server import listen


class _Server(uvicorn.Server):
    """A server that sets an event once it listens, or once it has ended without doing so."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets)
        finally:
            self.ready.set()


@contextmanager
def running(app: FastAPI, port: int = 0) -> Iterator[str]:
    """Serve an application, on a free port or the one given; gives its address."""
    listener = listen("127.0.0.1", port)
    server = _Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        # Only a bound on a server that hangs: it is ready as soon as it says so.
        assert server.ready.wait(240), "the server neither started nor ended"
        assert server.started, "the server ended before it listened"
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(240)
        listener.close()
