"""Whether the process lives, and whether it can answer: for monitors, proxies and orchestrators."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ui.web import api_models as models
from ui.web.errors import error_json
from ui.web.security import HEALTH_PATH, READY_PATH
from ui.web.service import QueuedAnswerer

RETRY_SECONDS = 5
"""After which a request that came too early may be sent again."""
_TOO_EARLY = "The server is starting; please ask again soon."
_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]


def add_health_routes(app: FastAPI, service: QueuedAnswerer) -> None:
    """Add the two addresses, which are asked without a password and under any name."""

    @app.get(
        HEALTH_PATH,
        response_description="It lives.",
        response_model=models.Health,
        tags=["server"],
    )
    def healthz() -> JSONResponse:
        """Whether the process lives; a server that is starting or stopping does."""
        return JSONResponse({"status": "ok"})

    @app.get(
        READY_PATH,
        response_description="It can answer.",
        response_model=models.Readiness,
        responses={503: {"model": models.Readiness, "description": "It cannot answer."}},
        tags=["server"],
    )
    def readyz() -> JSONResponse:
        """Whether the server can answer: models are loaded, the index can be read, nothing stops it."""
        if service.stopping:
            return _not_ready("stopping")
        if not service.usable():
            return _not_ready("unusable")
        return JSONResponse({"status": "ok"})


def starting_app() -> Starlette:
    """Return what answers while models are loaded: it lives, and is not ready."""

    def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    def readyz(_request: Request) -> Response:
        return _not_ready("starting")

    def later(_request: Request) -> Response:
        refused = error_json(_TOO_EARLY, 503)
        refused.headers["retry-after"] = str(RETRY_SECONDS)
        return refused

    return Starlette(
        routes=[
            Route(HEALTH_PATH, healthz),
            Route(READY_PATH, readyz),
            Route("/{rest:path}", later, methods=_METHODS),
        ]
    )


def _not_ready(status: str) -> JSONResponse:
    headers = {"retry-after": str(RETRY_SECONDS)}
    return JSONResponse({"status": status}, 503, headers=headers)
