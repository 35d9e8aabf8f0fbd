"""The browser that all browser tests share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def browser():
    """Return a running Chromium."""
    from playwright.sync_api import sync_playwright

    from tests.ui.web.chromium import CHROMIUM

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield chromium
        chromium.close()
