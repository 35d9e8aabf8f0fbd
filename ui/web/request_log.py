"""Requests named by an id, and logged as JSON lines: no address with its query, no question unasked for."""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.web.observing import Asked, Observer
from ui.web.prefix import path_inside
from ui.web.security import HEALTH_PATH, METRICS_PATH, READY_PATH

REQUEST_ID = "x-request-id"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CURRENT: ContextVar[str | None] = ContextVar("request_id", default=None)
_FIELDS = "presscite_fields"
_LOG = logging.getLogger("presscite.requests")
_UNLOGGED = frozenset({HEALTH_PATH, READY_PATH, METRICS_PATH})
_KNOWN = _UNLOGGED | {
    *("/", "/ask", "/check", "/articles", "/add", "/feedback", "/config", "/chat.js"),
    *("/api", "/api/ask", "/api/search", "/api/check", "/api/articles", "/api/collection"),
    "/openapi.json",
}
# What follows these names a conversation, an article, a file: neither logged nor a label.
_BEGINNINGS = (
    "/api/articles/",
    "/articles/",
    "/conversations/",
    "/add/",
    "/feedback/",
    "/gradio_api/run/",
    "/gradio_api/queue/",
    "/gradio_api/",
    "/assets/",
    "/static/",
    "/theme.css",
    "/api/",
)


@dataclass(frozen=True, slots=True)
class Served:
    """One request, once its response has been sent."""

    method: str
    route: str
    """Its address without what names one conversation, article or question."""
    status: int | None
    """None where the client went away before a response began."""
    took: float
    """Seconds to the end of the response."""


class RequestMiddleware:
    """Gives each request an id, which its log lines and its response carry, and tells of its end.

    Parameters
    ----------
    app
        The application.
    told
        Who is told of each request.
    root_path
        The path prefix under which a proxy passes requests on.
    """

    def __init__(
        self, app: ASGIApp, told: tuple[Callable[[Served], None], ...] = (), root_path: str = ""
    ) -> None:
        self._app = app
        self._told = told
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        name = given if _ID.fullmatch(given) else secrets.token_hex(8)
        status: int | None = None

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = name
            await send(message)

        token = _CURRENT.set(name)
        began = time.monotonic()
        try:
            await self._app(scope, receive, named)
        finally:
            took = time.monotonic() - began
            # The application may be mounted, or a proxy's prefix may stand in the path.
            path = path_inside(
                {**scope, "root_path": self._root_path or scope.get("root_path", "")}
            )
            served = Served(_method(scope), route_of(path), status, took)
            for tell in self._told:
                tell(served)
            _CURRENT.reset(token)


def route_of(path: str) -> str:
    """Return a path without what names one conversation, article or file; one of a few texts."""
    if path in _KNOWN:
        return path
    for beginning in _BEGINNINGS:
        if path.startswith(beginning):
            return f"{beginning}*"
    return "other"


def log_served(served: Served) -> None:
    """Write a line of one request; the checks of monitors have none."""
    if served.route in _UNLOGGED:
        return
    _line(
        logging.WARNING if (served.status or 0) >= 500 else logging.INFO,
        "request",
        method=served.method,
        route=served.route,
        status=served.status,
        ms=round(1000 * served.took, 1),
    )


def asked_logger(*, questions: bool) -> Observer:
    """Return what writes a line of each question that was asked.

    Parameters
    ----------
    questions
        Whether the line has the question's words.
    """

    def log(asked: Asked) -> None:
        fields: dict[str, Any] = {
            "kind": asked.kind,
            "outcome": asked.outcome,
            "waited_ms": round(1000 * asked.waited, 1),
            "ms": round(1000 * asked.took, 1),
            **{f"{name}_ms": round(value, 1) for name, value in asked.timings_ms},
        }
        if asked.confidence is not None:
            fields["confidence"] = round(asked.confidence, 3)
        if asked.status is not None:
            fields["status"] = asked.status
        if questions and asked.question:
            fields["question"] = asked.question
        failed = asked.outcome == "failed"
        _line(logging.WARNING if failed else logging.INFO, "question", **fields)

    return log


def log_as_json() -> None:
    """Write what this process logs to standard error, one JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    for name in ("presscite", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    logging.getLogger("presscite").setLevel(logging.INFO)


class JsonLines(logging.Formatter):
    """One JSON object a record: time, level, message, request id, its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "process": record.process,
        }
        if (name := _CURRENT.get()) is not None:
            line["request_id"] = name
        line |= getattr(record, _FIELDS, {})
        if record.exc_info:
            line["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def _line(level: int, message: str, **fields: object) -> None:
    _LOG.log(level, message, extra={_FIELDS: fields})


def _method(scope: Scope) -> str:
    method = str(scope["method"])
    return method if method in {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"} else "other"
