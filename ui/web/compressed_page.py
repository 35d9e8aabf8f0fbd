"""The chat's own page sent small: Gradio writes all of its settings into it."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.web.prefix import path_inside


class CompressedPage:
    """Compresses the page at ``/`` for browsers that unpack it; every other answer passes as it is.

    What streams must not wait, and the files of the page are compressed already. The page holds nothing that
    is secret, so that its length tells nobody anything.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressing = GZipMiddleware(app, minimum_size=1000)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        page = scope["type"] == "http" and path_inside(scope) == "/"
        await (self._compressing if page else self._app)(scope, receive, send)
