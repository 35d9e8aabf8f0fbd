"""A listening socket taken first, then a server on it, so that a taken port is said plainly."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
import webbrowser

import uvicorn
from starlette.types import ASGIApp

from rag.errors import PressciteError


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


def run(app: ASGIApp, listener: socket.socket, host: str, open_browser: bool) -> None:
    """Serve until interrupted; says on standard error where."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
            ws="none",
        )
    )
    address = _address(host, listener.getsockname()[1])
    threading.Thread(target=_announce, args=(server, address, open_browser), daemon=True).start()
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def _announce(server: uvicorn.Server, address: str, open_browser: bool) -> None:
    while not server.started:
        if server.should_exit:
            return
        time.sleep(0.05)
    print(f"presscite is at {address} (Ctrl+C stops it)", file=sys.stderr, flush=True)
    if open_browser:
        webbrowser.open(address)
