"""Under a path prefix: behind a proxy, and mounted in another application."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.routing import Mount

from rag.errors import QueryError
from tests.ui.library import TREATY, SmallLibrary
from ui.markup import article_path, local_path, under_prefix
from ui.web.prefix import checked_prefix
from ui.web.routes import build_api
from ui.web.service import QueuedAnswerer

ASKED = "/ask?q=Who+chaired+the+session%3F"


def api(**access: object) -> FastAPI:
    return build_api(QueuedAnswerer(SmallLibrary()), **access)  # type: ignore[arg-type]


def test_paths_are_written_under_the_prefix_of_the_request() -> None:
    assert local_path("/ask") == "/ask"
    with under_prefix("/news desk/"):
        assert article_path("a/b") == "/news%20desk/articles/a%2Fb"
    with under_prefix("."):
        assert article_path("a") == "./articles/a"
    assert article_path("a") == "/articles/a"


@pytest.mark.parametrize("prefix", ["/news", "/news/desk"])
def test_a_proxy_may_strip_the_prefix_or_not(prefix: str) -> None:
    client = TestClient(api(root_path=prefix), base_url="http://localhost")
    for path in ("/articles/treaty-1", f"{prefix}/articles/treaty-1"):
        page = client.get(path)
        assert page.status_code == 200
        assert TREATY.text[:24] in unescape(page.text)
        assert f'href="{prefix}/"' in unescape(page.text)
    answer = unescape(client.get(ASKED).text)
    assert f'href="{prefix}/articles/treaty-1?' in answer
    assert f'action="{prefix}/ask"' in answer
    bare = client.get(prefix, follow_redirects=False)
    assert (bare.status_code, bare.headers["location"]) == (307, f"{prefix}/")
    document = client.get("/openapi.json").json()
    assert document["servers"] == [{"url": prefix}]
    assert f'href="{prefix}/openapi.json"' in unescape(client.get("/api").text)


@pytest.mark.parametrize("outer", [FastAPI(), Starlette()])
def test_mounted_in_another_application_its_links_follow(outer: Starlette) -> None:
    outer.routes.append(Mount("/news", app=api(allowed_hosts=["desk.example"])))
    client = TestClient(outer, base_url="http://desk.example")
    assert client.get("/news/articles/treaty-1").status_code == 200
    assert 'href="/news/articles/treaty-1?' in unescape(client.get(f"/news{ASKED}").text)
    posted = client.post("/news/api/ask", json={"question": "Who chaired the session?"})
    assert posted.json()["answer"] == "Maria Okafor"
    assert client.get("/articles/treaty-1").status_code == 404
    assert client.get("/news/openapi.json").json()["servers"] == [{"url": "/news"}]
    evil = client.get("/news/articles/treaty-1", headers={"host": "evil.example"})
    assert evil.status_code == 400


@pytest.mark.parametrize(
    "given", ["news", "https://news.example", "/a b", "/a?b", "/../a", "/%2e%2e"]
)
def test_what_is_no_prefix_is_said_so(given: str) -> None:
    with pytest.raises(QueryError, match="--root-path"):
        checked_prefix(given)


def test_a_prefix_is_taken_as_people_write_it() -> None:
    assert [checked_prefix(one) for one in ("", "/", "/news/", "/a/b")] == ["", "", "/news", "/a/b"]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from rag.index import Index

    folder = tmp_path_factory.mktemp("mounted") / "index"
    with Index.open(folder, create=True) as made:
        made.add([TREATY])
    return folder


@pytest.mark.slow
def test_create_app_is_the_whole_of_it(index: Path) -> None:
    from gradio_client import Client

    from tests.ui.web.server import running
    from ui import create_app

    outer = FastAPI()

    @outer.get("/own")
    def own() -> str:
        return "outer"

    outer.mount("/news", create_app(index))
    with running(outer) as address:
        client = Client(f"{address}/news/", verbose=False)
        try:
            # Gradio's queue works though the outer application passes no start on.
            record = client.predict("Who chaired the session on harbour rules?", api_name="/ask")
        finally:
            client.close()
    assert record["answer"] == "Maria Okafor"
    assert record["citations"][0]["article_id"] == TREATY.id
