"""A page of another site in a real Chromium: it gets nothing asked, nothing read and nothing framed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.ui.library import TREATY, SmallLibrary
from tests.ui.web.chromium import WAIT, Browser, ask, browser_test, expect, ready
from tests.ui.web.server import running
from ui.passwords import PasswordHash, Passwords

pytestmark = [*browser_test, pytest.mark.slow]

PASSWORD = "harbour works at dawn"
# What a page elsewhere can try without a preflight, with one, and by reading.
ATTACK = """async (target) => {
  const tried = {};
  const attempt = async (name, path, options) => {
    try {
      const reply = await fetch(target + path, options);
      tried[name] = reply.type === 'opaque' ? 'opaque' : await reply.text();
    } catch (error) { tried[name] = 'blocked'; }
  };
  const question = JSON.stringify({question: 'Who chaired the session?'});
  const json = {'content-type': 'application/json'}, plain = {'content-type': 'text/plain'};
  await attempt('simple post', '/api/ask', {method: 'POST', mode: 'no-cors', body: question, headers: plain});
  await attempt('json post', '/api/ask', {method: 'POST', body: question, headers: json});
  await attempt('queue', '/gradio_api/queue/join',
    {method: 'POST', mode: 'no-cors', body: question, headers: plain});
  await attempt('article', '/api/articles/TREATY', {});
  await attempt('config', '/config', {credentials: 'include'});
  await attempt('opaque read', '/api/articles/TREATY', {mode: 'no-cors'});
  for (const path of ['/', '/articles/TREATY', '/api']) {
    const frame = document.createElement('iframe');
    frame.src = target + path;
    document.body.append(frame);
    await new Promise((done) => { frame.onload = done; setTimeout(done, 3000); });
    let inside = 'closed';
    try { inside = frame.contentDocument ? frame.contentDocument.body.innerText : 'closed'; } catch {}
    tried['frame ' + path] = inside;
  }
  const script = document.createElement('script');
  tried.script = await new Promise((done) => {
    script.onload = () => done('ran'); script.onerror = () => done('blocked');
    script.src = target + '/api/articles/TREATY'; document.head.append(script);
  });
  return tried;
}""".replace("TREATY", TREATY.id)
FORM = """(target) => {
  document.body.innerHTML = `<form method="post" enctype="text/plain" action="${target}/api/ask">
    <input name='{"question": "Who chaired the session?", "x": "' value='"}'></form>`;
  document.forms[0].submit();
}"""


def elsewhere() -> Starlette:
    """An application of another origin."""

    async def page(_request: Request) -> HTMLResponse:
        return HTMLResponse("<!doctype html><title>elsewhere</title><body>elsewhere</body>")

    return Starlette(routes=[Route("/", page)])


@pytest.fixture(scope="module")
def library() -> SmallLibrary:
    return SmallLibrary()


@pytest.fixture(scope="module")
def chat(library: SmallLibrary) -> Iterator[str]:
    from ui.web.chat import build_app

    with running(build_app(library)) as address:
        yield address


@pytest.fixture(scope="module")
def evil() -> Iterator[str]:
    with running(elsewhere()) as address:  # type: ignore[arg-type]
        yield address


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_page_of_another_site_gets_nothing(
    browser: Browser, library: SmallLibrary, chat: str, evil: str, name: str
) -> None:
    """As another port of the same address, and as another host."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(evil.replace("127.0.0.1", name))
    before = len(library.asked)
    tried = page.evaluate(ATTACK, chat)
    assert {name: tried[name] for name in ("json post", "article", "config", "script")} == {
        "json post": "blocked",
        "article": "blocked",
        "config": "blocked",
        "script": "blocked",
    }
    assert "Maria" not in str(tried)
    assert "council" not in str(tried)
    assert {text for key, text in tried.items() if key.startswith("frame")} <= {"closed", ""}
    page.evaluate(FORM, chat)
    page.wait_for_url(f"{chat}/api/ask", timeout=WAIT)
    assert "pages of other sites" in page.inner_text("body")
    time.sleep(0.3)
    assert len(library.asked) == before
    context.close()


def test_a_link_from_another_site_leads_to_the_article(
    browser: Browser, chat: str, evil: str
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(evil)
    page.evaluate("(to) => { location.href = to }", f"{chat}/articles/{TREATY.id}")
    page.wait_for_url(f"{chat}/articles/*", timeout=WAIT)
    expect(page.locator("article")).to_contain_text("The council met at dawn")
    context.close()


def test_the_chat_works_behind_its_password(browser: Browser) -> None:
    from ui.web.chat import build_app

    passwords = Passwords({"desk": PasswordHash.of(PASSWORD)})
    with running(build_app(SmallLibrary(), passwords=passwords)) as address:
        stranger = browser.new_context()
        page = stranger.new_page()
        refused = page.request.get(f"{address}/")
        assert refused.status == 401
        stranger.close()
        known = browser.new_context(http_credentials={"username": "desk", "password": PASSWORD})
        page = known.new_page()
        failed: list[int] = []
        page.on("response", lambda one: failed.append(one.status) if one.status >= 400 else None)
        page.goto(address)
        ready(page)
        ask(page, "Who chaired the session?")
        reply = page.locator(".bot.message").last
        expect(reply.locator("mark").first).to_have_text("Maria Okafor", timeout=WAIT)
        with known.expect_page() as opening:
            reply.locator("a.pc-title").first.click()
        expect(opening.value.locator("#quote mark")).to_have_text("Maria Okafor", timeout=WAIT)
        assert 403 not in failed
        assert 429 not in failed
        known.close()
