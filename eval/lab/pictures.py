"""``python -m eval.lab.pictures .github``: the README's pictures, of the chat on the built-in sample."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FIRST = "How many cooperation agreements were signed during Xi's visit?"
NEXT = "And who co-chaired the 15th session of the steering committee?"
REFUSED = "How much did the visit cost?"
DRAFT = (
    "The summary says that “over 40 cooperation agreements were signed during the visit”. "
    "Others called it “a visit like no other in history”."
)
_WAIT = 60_000
_FRAME_MS = 900


def main(
    out: Annotated[Path, typer.Argument(help="Folder that the pictures are written to.")],
) -> None:
    """Take three pictures and a short animation of the chat, as a visitor sees it."""
    from playwright.sync_api import sync_playwright

    with _chat() as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        _desktop(browser, address, out)
        _phone(browser, address, out)
        _check(browser, address, out)
        browser.close()


def _desktop(browser: Browser, address: str, out: Path) -> None:
    from PIL import Image

    page = _opened(browser, address, 1100, 760)
    frames = [page.screenshot()]
    box = page.locator("#pc-box textarea")
    for question in (FIRST, NEXT, REFUSED):
        box.fill(question)
        frames.append(page.screenshot())
        _ask(page, question)
        frames += [page.screenshot()] * 3
        if question == FIRST:
            page.screenshot(path=out / "chat.png")
    pictures = [Image.open(BytesIO(frame)).convert("RGB").resize((825, 570)) for frame in frames]
    first, *others = [picture.quantize(64) for picture in pictures]
    first.save(
        out / "chat.gif",
        save_all=True,
        append_images=others,
        duration=_FRAME_MS,
        loop=0,
        optimize=True,
    )
    page.close()


def _phone(browser: Browser, address: str, out: Path) -> None:
    page = _opened(browser, address, 390, 780, dark=True)
    page.locator("#pc-box textarea").fill(REFUSED)
    _ask(page, REFUSED)
    page.screenshot(path=out / "phone.png")
    page.close()


def _check(browser: Browser, address: str, out: Path) -> None:
    page = browser.new_page(viewport={"width": 1100, "height": 760})
    page.goto(f"{address}/check")
    page.locator("textarea").fill(DRAFT)
    page.locator("main form button").first.click()
    page.locator(".checked").first.wait_for(timeout=_WAIT)
    page.screenshot(path=out / "check.png")
    page.close()


def _opened(browser: Browser, address: str, width: int, height: int, dark: bool = False) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
    )
    page.goto(address)
    page.locator("#pc-box textarea").wait_for(timeout=_WAIT)
    page.wait_for_timeout(2000)
    return page


def _ask(page: Page, question: str) -> None:
    before = page.locator(".pc-message").count()
    page.locator("#pc-box textarea").press("Enter")
    page.wait_for_function(
        "n => document.querySelectorAll('.pc-message').length > n", arg=before, timeout=_WAIT
    )
    page.wait_for_timeout(1500)


@contextmanager
def _chat() -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, "-m", "ui", "chat", "--no-browser", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for line in server.stdout or ():
            if found := re.search(r"presscite is at (http://\S+?)/ ", line):
                yield found[1]
                return
        raise typer.Exit(1)
    finally:
        server.terminate()
        server.wait(timeout=30)


if __name__ == "__main__":
    typer.run(main)
