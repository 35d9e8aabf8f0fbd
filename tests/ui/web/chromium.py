"""A real Chromium that opens the chat: where it is, how it is started, and what tests do with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

if not os.environ.get("PRESSCITE_REQUIRE_BROWSER"):
    pytest.importorskip("playwright")

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WAIT = 30_000

__all__ = [
    "WAIT",
    "Browser",
    "Locator",
    "Page",
    "Route",
    "ask",
    "browser_test",
    "expect",
    "opened_chat",
    "opened_context",
    "questions",
    "ready",
    "replies",
    "visit",
]

browser_test = [
    pytest.mark.browser,
    # Where the browser is required (continuous integration), a missing one fails at its launch.
    pytest.mark.skipif(
        not Path(CHROMIUM).exists() and not os.environ.get("PRESSCITE_REQUIRE_BROWSER"),
        reason=f"no Chromium at {CHROMIUM}",
    ),
]
"""The marks of a module of browser tests."""


@contextmanager
def opened_context(browser: Browser, address: str, **options: Any) -> Iterator[BrowserContext]:
    """Open a browser profile; afterwards every request of it has gone to its own server."""
    context = browser.new_context(**({"viewport": {"width": 1200, "height": 900}} | options))
    requests: list[str] = []
    context.on("request", lambda request: requests.append(request.url))
    yield context
    context.close()
    own = urlsplit(address).netloc
    foreign = [
        url
        for url in requests
        if urlsplit(url).scheme not in {"data", "blob"} and urlsplit(url).netloc != own
    ]
    assert requests
    assert foreign == []


@contextmanager
def opened_chat(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """Open the chat in a profile of its own."""
    with opened_context(browser, address, **options) as context:
        page = context.new_page()
        visit(page, address)
        yield page


def visit(page: Page, address: str) -> None:
    """Open an address of the chat and wait until it can be asked."""
    page.goto(address)
    ready(page)


def ready(page: Page) -> None:
    """Wait until the chat can be asked."""
    expect(page.locator("#pc-box textarea")).to_be_enabled(timeout=WAIT)
    expect(page.locator("#pc-conversations")).to_be_attached(timeout=WAIT)


def ask(page: Page, question: str) -> None:
    """Type a question and send it."""
    page.locator("#pc-box textarea").fill(question)
    page.locator(".submit-button").click()


def questions(page: Page) -> Locator:
    """The questions shown, in their order."""
    return page.locator(".user.message h2")


def replies(page: Page) -> Locator:
    """The replies shown, in their order."""
    return page.locator(".bot.message")
