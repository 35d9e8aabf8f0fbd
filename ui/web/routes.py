"""The web application without the chat's page: pages without scripts, JSON API, protections."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import FastAPI

from ui.passwords import Passwords
from ui.web.adding_offer import ADD_PATH, OfferAddingMiddleware, check_may_add
from ui.web.adding_routes import UPLOAD_LIMITS, add_adding_routes
from ui.web.api import add_api_routes
from ui.web.errors import add_error_handlers
from ui.web.hosts import only_this_machine
from ui.web.metrics import check_may_measure
from ui.web.openapi import DescribedApp
from ui.web.pages import add_page_routes
from ui.web.password_gate import PasswordMiddleware
from ui.web.prefix import PrefixMiddleware
from ui.web.reader_language import ReaderLanguageMiddleware
from ui.web.request_log import RequestMiddleware
from ui.web.security import METRICS_PATH, SecurityMiddleware
from ui.web.service import QueuedAnswerer
from ui.web.throttle import Throttling
from ui.web.watched import UNWATCHED, Watched


def build_api(
    service: QueuedAnswerer,
    *,
    host: str = "127.0.0.1",
    allowed_hosts: Collection[str] = (),
    root_path: str = "",
    passwords: Passwords | None = None,
    feedback: bool | None = None,
    allow_add: bool = False,
    is_sample: bool = False,
    watched: Watched = UNWATCHED,
    throttle: Throttling | None = None,
) -> FastAPI:
    """Build the web application without the chat's page: article pages, JSON API, protections.

    Parameters
    ----------
    host
        Address the server will be bound to; requests for another host are refused.
    allowed_hosts
        Further names under which it is reached.
    root_path
        The path prefix under which a proxy passes requests on.
    passwords
        Who may use it; None: everybody.
    feedback
        Whether people may say which answers are right; None: where only this machine reaches the server.
    allow_add
        Whether articles may be added from the browser.
    is_sample
        Whether the index is the built-in sample, to which nothing is added.
    watched
        What is logged and counted.
    throttle
        Counts wrong passwords; None: in this process alone.

    Raises
    ------
    QueryError
        Where articles may be added and somebody unknown could do so, or the index takes none.
    """
    if feedback is None:
        feedback = only_this_machine(host, allowed_hosts, root_path)
    if allow_add:
        check_may_add(host, allowed_hosts, root_path, asks_password=passwords is not None)
    if watched.metrics and watched.metrics_here:
        check_may_measure(host, allowed_hosts, root_path, asks_password=passwords is not None)
    app = DescribedApp()
    app.state.service = service
    app.state.takes_feedback = feedback and service.folder is not None
    add_api_routes(app, service)
    add_page_routes(app, service, feedback=feedback)
    uploads = {}
    if allow_add:
        add_adding_routes(app, service, is_sample=is_sample)
        app.add_middleware(OfferAddingMiddleware)
        uploads = {ADD_PATH: UPLOAD_LIMITS}
    if watched.metrics and watched.metrics_here:
        app.add_api_route(METRICS_PATH, watched.metrics.response, include_in_schema=False)
    add_error_handlers(app)
    app.add_middleware(ReaderLanguageMiddleware)
    app.add_middleware(PasswordMiddleware, passwords=passwords, throttle=throttle)
    app.add_middleware(
        SecurityMiddleware, bound_host=host, allowed_hosts=tuple(allowed_hosts), uploads=uploads
    )
    app.add_middleware(PrefixMiddleware, root_path=root_path)
    watched.watch(service)
    app.add_middleware(RequestMiddleware, told=watched.of_requests, root_path=root_path)
    return app
