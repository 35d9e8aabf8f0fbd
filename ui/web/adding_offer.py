"""Whether articles may be added from the browser, and whether pages lead there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from starlette.types import ASGIApp, Receive, Scope, Send

from rag.errors import QueryError
from ui.web.hosts import only_this_machine

ADD_PATH = "/add"
_OFFERED: ContextVar[bool] = ContextVar("offered", default=False)


def check_may_add(
    host: str, allowed_hosts: Collection[str], root_path: str, *, asks_password: bool
) -> None:
    """Check that nobody unknown could add articles.

    Raises
    ------
    QueryError
        Where others than this machine's users reach the server and no password is asked for.
    """
    if asks_password or only_this_machine(host, allowed_hosts, root_path):
        return
    named = [host, *allowed_hosts, *([root_path] if root_path else [])]
    raise QueryError(
        f"--allow-add: others may reach this server ({', '.join(named)}); ask for a password with "
        "--auth FILE, or leave out --host, --allowed-host and --root-path"
    )


def adding_offered() -> bool:
    """Whether the page that is rendered leads to where articles are added."""
    return _OFFERED.get()


@contextmanager
def offering_adding() -> Iterator[None]:
    """Let pages that are rendered inside lead to where articles are added."""
    token = _OFFERED.set(True)
    try:
        yield
    finally:
        _OFFERED.reset(token)


class OfferAddingMiddleware:
    """Lets every page of an application lead to where articles are added."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        with offering_adding():
            await self._app(scope, receive, send)
