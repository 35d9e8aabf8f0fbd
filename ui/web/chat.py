"""The web chat: a Gradio page at ``/`` beside article pages and JSON API, and its server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import date
from functools import partial

from fastapi import FastAPI
from fastapi.exception_handlers import http_exception_handler
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from ui.passwords import Passwords
from ui.web.chat_page import build_page
from ui.web.chat_style import CHAT_CSS
from ui.web.compressed_page import CompressedPage
from ui.web.conversations import Conversations
from ui.web.conversations_routes import SCRIPT_PATH, add_conversation_routes
from ui.web.conversations_shared import SharedStore
from ui.web.errors import http_error
from ui.web.first_visit import FirstVisit
from ui.web.gradio_module import gr
from ui.web.question_routes import add_question_routes
from ui.web.routes import build_api
from ui.web.searched import searched_articles
from ui.web.server import announce, listen, run
from ui.web.service import AnswererProtocol, QueuedAnswerer
from ui.web.shared_state import SharedState
from ui.web.throttle import SharedThrottle
from ui.web.watched import UNWATCHED, Watched

_HEAD = f'<meta name="color-scheme" content="light dark"><script src="{SCRIPT_PATH}"></script>'
"""A script of the page's head: ``gr.HTML`` and the ``js=`` of events evaluate strings, which the
content security policy forbids."""

_MAX_SESSIONS = 200
"""Visits whose components Gradio remembers, with what they last showed: the conversations are ours, and a
visit that is forgotten is shown anew. Gradio itself would keep 10,000."""


def build_app(
    answerer: AnswererProtocol,
    *,
    examples: Sequence[str] = (),
    subtitle: str = "",
    host: str = "127.0.0.1",
    allowed_hosts: Collection[str] = (),
    root_path: str = "",
    passwords: Passwords | None = None,
    feedback: bool | None = None,
    as_of: date | None = None,
    allow_add: bool = False,
    is_sample: bool = False,
    state: SharedState | None = None,
    watched: Watched = UNWATCHED,
) -> FastAPI:
    """Build the web application.

    Parameters
    ----------
    answerer
        A ``rag.Answerer``.
    examples
        Questions to click; without any, some are made of the articles.
    subtitle
        A line under the promise, such as which collection is asked.
    host
        Address the server will be bound to; requests for another host are refused.
    allowed_hosts
        Further names under which it is reached.
    root_path
        The path prefix under which a proxy passes requests on.
    passwords
        Who may use it; None: everybody.
    feedback
        Whether people may say which answers are right; None: where only this machine reaches it.
    as_of
        The day of questions that are asked without one; None for today.
    allow_add, is_sample
        As `build_api` takes them.
    state
        What several server processes share; None where there is one.
    watched
        What is logged and counted.

    Raises
    ------
    QueryError
        As `build_api` does.
    """
    service = QueuedAnswerer(answerer, as_of)
    conversations = Conversations(
        service,
        partial(searched_articles, service),
        SharedStore(state, service.article) if state else None,
    )
    app = build_api(
        service,
        host=host,
        allowed_hosts=allowed_hosts,
        root_path=root_path,
        passwords=passwords,
        feedback=feedback,
        allow_add=allow_add,
        is_sample=is_sample,
        watched=watched,
        throttle=SharedThrottle(state) if state else None,
    )
    add_conversation_routes(app, conversations, service)
    add_question_routes(app, conversations, service)
    app.add_middleware(CompressedPage)
    first = FirstVisit(answerer, service, examples)

    def mount_page() -> None:
        page = build_page(
            service,
            conversations,
            first,
            subtitle,
            allow_add=allow_add,
            feedback=app.state.takes_feedback,
        )
        _mount(app, page, host)

    _in_a_loop(mount_page)
    return app


def serve(
    answerer: AnswererProtocol,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = True,
    *,
    examples: Sequence[str] = (),
    subtitle: str = "",
    allowed_hosts: Collection[str] = (),
    root_path: str = "",
    passwords: Passwords | None = None,
    feedback: bool | None = None,
    as_of: date | None = None,
    allow_add: bool = False,
    is_sample: bool = False,
) -> None:
    """Serve the chat until interrupted; says where on standard error. Port 0 takes a free one.

    Raises
    ------
    PressciteError
        Where the address cannot be listened on, such as when the port is taken.
    """
    with listen(host, port) as listener:
        app = build_app(
            answerer,
            examples=examples,
            subtitle=subtitle,
            host=host,
            allowed_hosts=allowed_hosts,
            root_path=root_path,
            passwords=passwords,
            feedback=feedback,
            as_of=as_of,
            allow_add=allow_add,
            is_sample=is_sample,
        )
        run(app, listener, lambda: announce(host, listener, open_browser))


def _mount(app: FastAPI, blocks: gr.Blocks, host: str) -> None:
    blocks.state_session_capacity = _MAX_SESSIONS
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        server_name=host,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size="1kb",
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=_theme(),
        css=CHAT_CSS,
        head=_HEAD,
    )
    for route in app.routes:
        # Gradio is mounted at "/", so that it answers every address that no route here takes.
        if isinstance(route, Mount) and isinstance(route.app, FastAPI):
            route.app.add_exception_handler(HTTPException, _gradio_error)


async def _gradio_error(request: Request, error: Exception) -> Response:
    """Answer as `http_error` does, except where Gradio's own page reads its own form of errors."""
    if request.url.path.startswith("/gradio_api") and isinstance(error, HTTPException):
        return await http_exception_handler(request, error)
    return http_error(request, error)


def _in_a_loop(work: Callable[[], None]) -> None:
    """Run where an event loop runs: without one Gradio opens several and closes none."""

    async def inside() -> None:
        work()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(inside())
    else:
        work()


def _theme() -> gr.themes.Base:
    return gr.themes.Base(
        primary_hue=gr.themes.colors.stone,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_sm,
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"],
        font_mono=["ui-monospace", "Consolas", "monospace"],
    )
