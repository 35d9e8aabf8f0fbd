"""Fetches addresses within bounds, politely: every hop checked, robots.txt kept, hosts not hurried."""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from rag.ingest.web.addresses import Resolve, checked_address, host_of, origin_of, resolve
from rag.ingest.web.body import ACCEPTED_ENCODINGS, read_body
from rag.ingest.web.clock import Clock, SystemClock
from rag.ingest.web.content_types import ACCEPTED, Kind, check_type, kind_of, media_type
from rag.ingest.web.errors import FetchError
from rag.ingest.web.limits import Limits
from rag.ingest.web.pacing import Pace, retry_after
from rag.ingest.web.robots import Robots
from rag.ingest.web.transport import PinnedTransport

if TYPE_CHECKING:
    import httpx

_REDIRECTS = frozenset([301, 302, 303, 307, 308])
_BUSY = frozenset([429, 503])
_PASSING = frozenset([408, 425, 429, 500, 502, 503, 504])
# Seconds before a second try; twice as long before each further one.
_BACKOFF = 2.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer."""

    address: str
    """Where it came from, after redirects."""
    body: bytes
    """Decompressed."""
    kind: Kind
    charset: str | None = None
    """As the server declared it."""
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Validators:
    """What an earlier answer was marked with, to ask only for a newer one."""

    etag: str | None = None
    last_modified: str | None = None


class Client:
    """Fetches one address at a time.

    Parameters
    ----------
    allow_private
        Whether private and loopback hosts may be asked.
    resolve, clock, tls
        Where addresses of hosts, times and trust come from; the system's without them.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        limits: Limits | None = None,
        resolve: Resolve = resolve,
        clock: Clock | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.clock: Clock = clock or SystemClock()
        self._transport = PinnedTransport(
            resolve, self.limits, allow_private=allow_private, tls=tls
        )
        self._pace = Pace(self.clock, self.limits)
        self._robots = Robots(self.clock, lambda address: self._follow(address, robots=True))
        self._bytes: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open."""
        self._transport.close()

    def new_run(self) -> None:
        """Begin to count bytes anew."""
        self._bytes.clear()

    def fetch(self, address: str, known: Validators | None = None) -> Fetched | None:
        """Return what stands at an address, or None where it is what it was (304).

        Parameters
        ----------
        known
            The marks of an earlier answer.

        Raises
        ------
        FetchError
            One line with the reason; ``passing`` where asking again later may help.
        """
        return self._follow(checked_address(address), known)

    def _follow(
        self, address: str, known: Validators | None = None, *, robots: bool = False
    ) -> Fetched | None:
        seen: set[str] = set()
        for _ in range(self.limits.redirects + 1):
            if address in seen:
                raise FetchError("its redirects lead in a circle")
            seen.add(address)
            self._left(host_of(address))
            if not robots:
                self._keep_robots(address)
            answer = self._tried(address, known, robots=robots)
            if not isinstance(answer, str):
                return answer
            try:
                address = checked_address(answer, address)
            except FetchError as error:
                raise FetchError(f"it redirects to what may not be fetched: {error}") from None
        raise FetchError(f"more than {self.limits.redirects} redirects")

    def _keep_robots(self, address: str) -> None:
        rules = self._robots.of(origin_of(address))
        if rules.delay:
            self._pace.slow_down(host_of(address), rules.delay)
        rules.check(address)

    def _tried(
        self, address: str, known: Validators | None, *, robots: bool
    ) -> Fetched | str | None:
        """Ask until there is an answer; a redirect is returned as its target."""
        host = host_of(address)
        for attempt in range(1, self.limits.tries + 1):
            self._pace.wait(host, counted=not robots)
            try:
                answer = self._once(address, known, robots=robots)
            except FetchError as error:
                if not error.passing or error.of_run:
                    self._pace.answered(host)
                    raise
                pause = error.retry_after
                if pause is None:
                    pause = _BACKOFF * 2.0 ** (attempt - 1)
                # Also holds for the host's next address.
                if error.retry_after is not None or attempt < self.limits.tries:
                    self._pace.pause(host, pause)
                if attempt < self.limits.tries and pause <= self.limits.max_delay_seconds:
                    continue
                self._pace.failed(host, str(error), busy=error.status is not None)
                raise
            self._pace.answered(host)
            return answer
        raise AssertionError("tries is at least 1")

    def _once(
        self, address: str, known: Validators | None, *, robots: bool
    ) -> Fetched | str | None:
        host = host_of(address)
        headers = {
            "User-Agent": user_agent(),
            "Accept": "text/plain, */*;q=0.1" if robots else ACCEPTED,
            "Accept-Encoding": ACCEPTED_ENCODINGS,
            "Connection": "close",
        }
        if known and known.etag:
            headers["If-None-Match"] = known.etag
        if known and known.last_modified:
            headers["If-Modified-Since"] = known.last_modified
        with self._transport.get(address, headers) as response:
            status = response.status_code
            if status == 304 and known:
                return None
            if status in _REDIRECTS and response.headers.get("location"):
                return str(response.headers["location"])
            if status != 200:
                raise self._refused(host, status, response.headers.get("retry-after"))
            content_type = response.headers.get("content-type", "")
            if not robots:
                check_type(content_type)
            body = self._body(host, response)
            return Fetched(
                address,
                body,
                "text" if robots else kind_of(content_type, body),
                media_type(content_type)[1],
                _short(response.headers.get("etag")),
                _short(response.headers.get("last-modified")),
            )

    def _body(self, host: str, response: httpx.Response) -> bytes:
        return read_body(
            self._counted(host, response.iter_raw()),
            response.headers.get("content-encoding", ""),
            wire_bytes=self.limits.wire_bytes,
            body_bytes=self.limits.body_bytes,
        )

    def _counted(self, host: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the pieces of a body, as many as the run may fetch.

        Raises
        ------
        FetchError
            Where it has more. How large it is nobody knows then, only what was left for it.
        """
        total = 0
        for piece in pieces:
            self._bytes[host] += len(piece)
            total += len(piece)
            # What is too large in any run is told as that.
            if total <= self.limits.wire_bytes:
                self._left(host, least=0)
            yield piece

    def _left(self, host: str, least: int = 1) -> None:
        """Raise where a run has fewer bytes of a host left to fetch than ``least``.

        Raises
        ------
        FetchError
        """
        limits = self.limits
        left = {
            f"a run may fetch {limits.run_bytes:,} bytes": limits.run_bytes - self._bytes.total(),
            f"a run may fetch {limits.host_bytes:,} bytes of one host": limits.host_bytes
            - self._bytes[host],
        }
        for told, rest in left.items():
            if rest < least:
                raise FetchError(f"not fetched: {told}", passing=True, of_run=True)

    def _refused(self, host: str, status: int, header: str | None) -> FetchError:
        if status in (404, 410):
            return FetchError(f"{host} has no such page ({status})", status=status)
        if status in (401, 402, 403, 451):
            return FetchError(f"{host} does not give it to everyone ({status})", status=status)
        asked = retry_after(header, self.clock.time()) if status in _BUSY else None
        wanted = f"; asked again in {asked:.0f} s" if asked is not None else ""
        return FetchError(
            f"{host} answered with status {status}{wanted}",
            passing=status in _PASSING,
            status=status,
            retry_after=asked,
        )


def user_agent() -> str:
    """Return how presscite names itself to servers."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        own = version("presscite")
    except PackageNotFoundError:
        own = "0"
    return f"presscite/{own} (+https://pypi.org/project/presscite/)"


def _short(header: str | None) -> str | None:
    """Return a validator that can be kept and sent back."""
    return header if header and len(header) <= 500 and header.isprintable() else None
