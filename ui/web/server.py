"""A listening socket taken first, then a server on it, so that a taken port is said plainly."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp
from uvicorn.config import LOGGING_CONFIG

from rag.errors import PressciteError
from ui.web.http_protocol import PatientProtocol
from ui.web.service import QueuedAnswerer

ANSWER_SECONDS = 15.0
"""How long a server that is stopped waits for the questions that it took."""
_SENDING_SECONDS = 1.0


def listen(host: str, port: int) -> socket.socket:
    """Take an address; port 0 takes a free one.

    Raises
    ------
    PressciteError
        Where it cannot be had, such as when the port is taken.
    """
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except (OSError, OverflowError) as error:
        raise PressciteError(f"cannot listen on {host}: {_reason(error)}") from error
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise PressciteError(
            f"cannot listen on port {port} of {host} ({_reason(error)}): "
            "stop what uses it or choose another with --port"
        ) from error
    return listener


def run(
    app: FastAPI,
    listener: socket.socket,
    on_start: Callable[[], None],
    *,
    log_config: bool = True,
) -> None:
    """Serve until interrupted or terminated.

    The questions taken by then are answered; further ones are refused.

    Parameters
    ----------
    on_start
        Called once it listens.
    log_config
        Whether messages of the server itself get their usual form.
    """
    config = uvicorn.Config(
        app,
        http=PatientProtocol,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        ws="none",
        log_config=LOGGING_CONFIG if log_config else None,
    )
    server = _Server(config, app.state.service)
    threading.Thread(target=_once_started, args=(server, on_start), daemon=True).start()
    with _terminated_in_order():
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            return


class _Server(uvicorn.Server):
    """A server that answers the questions it took before it ends."""

    def __init__(self, config: uvicorn.Config, service: QueuedAnswerer) -> None:
        super().__init__(config)
        self._service = service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._service.stop()
        await self._until(lambda: not self._service.waiting, ANSWER_SECONDS)
        connections = self.server_state.connections
        for connection in list(connections):
            connection.shutdown()
        await self._until(lambda: not connections, _SENDING_SECONDS)
        for connection in list(connections):
            # Streams of events that a browser keeps open end when it is told that they did.
            connection.transport.close()
        await super().shutdown(sockets)

    async def _until(self, done: Callable[[], bool], seconds: float) -> None:
        ends = time.monotonic() + seconds
        while not done() and time.monotonic() < ends and not self.force_exit:
            await asyncio.sleep(0.05)


@contextmanager
def _terminated_in_order() -> Iterator[None]:
    """Let SIGTERM end the server and not the process, so that what is open gets closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def announce(host: str, listener: socket.socket, open_browser: bool, processes: int = 1) -> None:
    """Say on standard error where the server is, and open a browser there where wanted."""
    address = _address(host, listener.getsockname()[1])
    how = f", in {processes} processes" if processes > 1 else ""
    print(f"presscite is at {address}{how} (Ctrl+C stops it)", file=sys.stderr, flush=True)
    if open_browser:
        webbrowser.open(address)


@contextmanager
def serving_aside(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    """Serve an application in a thread, on a copy of a listening socket, which stays as it is."""
    config = uvicorn.Config(
        app,
        http=PatientProtocol,
        log_level="error",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        ws="none",
        lifespan="off",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener.dup()]}, name="aside", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def _address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def _once_started(server: uvicorn.Server, on_start: Callable[[], None]) -> None:
    while not server.started:
        if server.should_exit:
            return
        time.sleep(0.05)
    on_start()
