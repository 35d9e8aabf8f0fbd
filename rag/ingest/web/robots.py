"""robots.txt of each site: kept for a day; a site without one allows all, one that fails nothing for now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.ingest.web.clock import Clock
from rag.ingest.web.errors import FetchError

if TYPE_CHECKING:
    from rag.ingest.web.client import Fetched

NAME = "presscite"
"""The user agent that rules may name."""
# RFC 9309: a day at most, and of a long file the first 500 KiB.
_KEPT_SECONDS = 86_400.0
_KEPT_SECONDS_FAILED = 600.0
_MAX_BYTES = 500 * 1024


@dataclass(frozen=True, slots=True)
class Rules:
    """What one site allows."""

    origin: str
    parsed: Any = None
    """The rules; None: all is allowed."""
    failure: FetchError | None = None
    """Why they could not be read; nothing is allowed for now."""
    delay: float | None = None
    """Seconds between requests that it asks for."""

    def check(self, address: str) -> None:
        """Raise where an address may not be fetched.

        Raises
        ------
        FetchError
        """
        if self.failure is not None:
            if self.failure.of_host or self.failure.of_run:
                raise self.failure
            raise FetchError(
                f"robots.txt of {self.origin} cannot be read: {self.failure}",
                passing=self.failure.passing,
                retry_after=self.failure.retry_after,
            )
        if self.parsed is not None and not self.parsed.can_fetch(address, NAME):
            raise FetchError(f"robots.txt of {self.origin} does not allow it to be fetched")


class Robots:
    """The rules of the sites asked so far.

    Parameters
    ----------
    fetch
        Fetches an address without looking at rules.
    """

    def __init__(self, clock: Clock, fetch: Callable[[str], Fetched | None]) -> None:
        self._clock = clock
        self._fetch = fetch
        self._kept: dict[str, tuple[float, Rules]] = {}

    def of(self, origin: str) -> Rules:
        """Return the rules of a site, fetched where they are not known or too old."""
        now = self._clock.monotonic()
        until, rules = self._kept.get(origin, (now, None))
        if rules is not None and now < until:
            return rules
        rules = self._read(origin)
        if rules.failure is not None and rules.failure.of_run:
            return rules
        kept = _KEPT_SECONDS if rules.failure is None else _KEPT_SECONDS_FAILED
        self._kept[origin] = (self._clock.monotonic() + kept, rules)
        return rules

    def _read(self, origin: str) -> Rules:
        from protego import Protego

        try:
            found = self._fetch(f"{origin}/robots.txt")
        except FetchError as error:
            # "Unavailable" is as good as none; "unreachable" is a refusal (RFC 9309, 2.3.1).
            if error.status is not None and 400 <= error.status < 500 and error.status != 429:
                return Rules(origin)
            return Rules(origin, failure=error)
        text = found.body[:_MAX_BYTES].decode("utf-8", "replace") if found else ""
        parsed = Protego.parse(text)
        return Rules(origin, parsed, delay=parsed.crawl_delay(NAME))
