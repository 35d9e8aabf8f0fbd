"""A small reverse proxy: one path prefix passed on to a server, bodies and events as they come."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Literal

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.ui.web.server import running

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "content-encoding"}
Host = Literal["kept", "forwarded", "replaced"]


@contextmanager
def proxying(
    upstream: str | Sequence[str], prefix: str, *, host: Host = "forwarded", strips: bool = True
) -> Iterator[str]:
    """Serve a proxy to an address under a prefix; gives the proxy's own address.

    Parameters
    ----------
    upstream
        Of several, each request goes to the next one.
    host
        Whether the upstream sees the browser's Host header, its own with the browser's beside it, or
        its own alone.
    strips
        Whether the prefix is taken off the paths.
    """
    upstreams = itertools.cycle([upstream] if isinstance(upstream, str) else upstream)
    client = httpx.AsyncClient(timeout=60, follow_redirects=False)

    async def passed_on(request: Request) -> Response:
        path = request.scope["raw_path"].decode()
        if path == prefix and strips:
            return RedirectResponse(f"{prefix}/")
        if not (path == prefix or path.startswith(f"{prefix}/")):
            return PlainTextResponse("not of the proxied server", 404)
        target = path.removeprefix(prefix) if strips else path
        if request.url.query:
            target += f"?{request.url.query}"
        server = next(upstreams)
        headers = [(k, v) for k, v in request.headers.items() if k not in {*HOP_BY_HOP, "host"}]
        named = request.headers["host"]
        headers.append(("host", named if host == "kept" else httpx.URL(server).netloc.decode()))
        if host == "forwarded":
            headers.append(("x-forwarded-host", named))
        sent = client.build_request(
            request.method, server + target, headers=headers, content=await request.body()
        )
        answer = await client.send(sent, stream=True)
        response = StreamingResponse(
            answer.aiter_bytes(), answer.status_code, background=BackgroundTask(answer.aclose)
        )
        response.raw_headers = [
            (name.lower(), value)
            for name, value in answer.headers.raw
            if name.decode().lower() not in {*HOP_BY_HOP, "content-length"}
        ]
        return response

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    routes = [Route("/{path:path}", passed_on, methods=METHODS)]
    app = Starlette(routes=routes, lifespan=lifespan)
    with running(app) as address:  # type: ignore[arg-type]
        yield address
