"""A server that is reached under a path prefix: behind a proxy, or mounted in another application."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from rag.errors import QueryError
from ui.markup import under_prefix

_PREFIX = re.compile(r"(/[A-Za-z0-9._~%-]+)+")


class PrefixMiddleware:
    """Tells the application its path prefix, and the pages it renders.

    Parameters
    ----------
    app
        The application.
    root_path
        The prefix under which a proxy passes requests on, whether it strips it from their paths or not;
        empty without one. As `checked_prefix` returns it.
    """

    def __init__(self, app: ASGIApp, root_path: str = "") -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        prefix = self._root_path
        if prefix and scope["path"] == prefix and scope["type"] == "http":
            # The chat's page names its parts relative to itself.
            await RedirectResponse(f"{quote(prefix)}/")(scope, receive, send)
            return
        if prefix:
            path = scope["path"]
            inside = path.startswith(f"{prefix}/")
            # ASGI has the whole path in `path`, its prefix in `root_path`.
            scope = {**scope, "root_path": prefix, "path": path if inside else prefix + path}
        with under_prefix(scope.get("root_path", "")):
            await self._app(scope, receive, send)


def path_inside(scope: Scope) -> str:
    """Return the path of a request without the prefix under which the application is mounted."""
    path, prefix = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path


def checked_prefix(root_path: str) -> str:
    """Return a path prefix without a slash at its end; empty for none.

    Raises
    ------
    QueryError
        Where it is no path.
    """
    prefix = root_path.rstrip("/")
    if prefix and (not _PREFIX.fullmatch(prefix) or {".", ".."} & set(unquote(prefix).split("/"))):
        raise QueryError(f"--root-path is {root_path!r}; give a path such as /news")
    return unquote(prefix)
