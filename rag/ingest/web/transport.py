"""One request to one host: resolved once, every address checked, and a checked address connected to.

The name stays in the ``Host`` header and in TLS, whose certificate is checked for it; only the
connection goes to the address. So a name that resolves to something else a moment later (DNS
rebinding) changes nothing. No proxy, environment variable or netrc file is asked, no cookie is kept,
no connection is kept either: two names at one address never share one.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from rag.ingest.web.addresses import Resolve, permitted
from rag.ingest.web.errors import FetchError
from rag.ingest.web.limits import Limits

if TYPE_CHECKING:
    import socket

    import httpx

_CONNECTED = "connection.connect_tcp.complete"


class Deadline:
    """Ends a request after a time, whatever it waits for: its connection is shut down."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._guard = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def watch(self, name: str, info: dict[str, Any]) -> None:
        """Take note of a connection as it is made; httpcore's ``trace`` extension calls this."""
        if name == _CONNECTED:
            # A second handle: TLS takes the first one over.
            handle = info["return_value"].get_extra_info("socket").dup()
            with self._guard:
                self._sockets.append(handle)
            if self.passed:
                self._end()

    def _end(self) -> None:
        import socket

        self.passed = True
        with self._guard:
            for one in self._sockets:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._guard:
            for one in self._sockets:
                one.close()
            self._sockets.clear()


class PinnedTransport:
    """Sends requests to checked addresses only.

    Parameters
    ----------
    resolve
        Host and port to addresses; asked once a request.
    tls
        Which certificates are trusted; without it, those of public authorities.
    """

    def __init__(
        self,
        resolve: Resolve,
        limits: Limits,
        *,
        allow_private: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._resolve = resolve
        self._limits = limits
        self._allow_private = allow_private
        self._tls = tls
        self._inner: dict[str, httpx.HTTPTransport] = {}

    def close(self) -> None:
        """Close what is open."""
        while self._inner:
            self._inner.popitem()[1].close()

    @contextmanager
    def get(self, address: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """Send a GET request; yields the answer with its body not read yet, bounded in time.

        Raises
        ------
        FetchError
        """
        import httpx

        try:
            url = httpx.URL(address)
        except httpx.InvalidURL as error:
            raise FetchError(f"the address {address[:80]!r} cannot be read ({error})") from None
        host = url.raw_host.decode("ascii")
        port = url.port or (443 if url.scheme == "https" else 80)
        found = permitted(host, self._addresses(host, port), allow_private=self._allow_private)
        with Deadline(self._limits.total_seconds) as deadline:
            try:
                with self._connected(url, found, headers, deadline) as response:
                    yield response
                if deadline.passed:
                    # A body without a length ends where its connection is shut down.
                    raise self._late(host)
            except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
                raise self._told(host, error, deadline) from error

    @contextmanager
    def _connected(
        self, url: httpx.URL, found: list[str], headers: dict[str, str], deadline: Deadline
    ) -> Iterator[httpx.Response]:
        import httpx

        timeout = {
            "connect": self._limits.connect_seconds,
            "read": self._limits.read_seconds,
            "write": self._limits.read_seconds,
            "pool": None,
        }
        host = url.raw_host.decode("ascii")
        for place, address in enumerate(found, 1):
            request = httpx.Request(
                "GET",
                url.copy_with(host=address.partition("%")[0]),
                headers={"Host": url.netloc.decode("ascii"), **headers},
                extensions={"timeout": timeout, "sni_hostname": host, "trace": deadline.watch},
            )
            try:
                response = self._transport(url.scheme).handle_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if place == len(found) or deadline.passed or _tls_problem(error):
                    raise
                continue
            try:
                yield response
            finally:
                response.close()
            return

    def _transport(self, scheme: str) -> httpx.HTTPTransport:
        if scheme not in self._inner:
            import httpx

            # To read the certificates of all authorities takes longer than to fetch a page without TLS.
            unused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._inner[scheme] = httpx.HTTPTransport(
                verify=unused if scheme == "http" else self._tls or True,
                trust_env=False,
                limits=httpx.Limits(max_keepalive_connections=0),
            )
        return self._inner[scheme]

    def _addresses(self, host: str, port: int) -> list[str]:
        """Ask the resolver, which may hang for longer than a request may take."""
        found: list[str] = []
        failed: list[Exception] = []

        def ask() -> None:
            try:
                found.extend(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                failed.append(error)

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(self._limits.total_seconds)
        if thread.is_alive():
            raise FetchError(
                f"no answer to the question where {host} is", passing=True, of_host=True
            )
        if failed:
            reason = getattr(failed[0], "strerror", None) or str(failed[0])
            raise FetchError(f"the host {host} is not known ({reason})", passing=True, of_host=True)
        return found

    def _late(self, host: str) -> FetchError:
        return FetchError(f"{host} took longer than {self._limits.total_seconds:g} s", passing=True)

    def _told(self, host: str, error: Exception, deadline: Deadline) -> FetchError:
        import httpx

        if deadline.passed:
            return self._late(host)
        problem = _tls_problem(error)
        if problem is not None:
            return FetchError(f"no safe connection to {host}: {problem}", of_host=True)
        if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
            reason = _reason(error)
            return FetchError(
                f"{host} cannot be connected to ({reason})", passing=True, of_host=True
            )
        if isinstance(error, httpx.TimeoutException):
            seconds = self._limits.read_seconds
            return FetchError(f"{host} sent nothing for {seconds:g} s", passing=True)
        return FetchError(f"{host} broke off its answer ({_reason(error)})", passing=True)


def _tls_problem(error: BaseException) -> str | None:
    """Return what is wrong with TLS, from the chain of causes; None where nothing is."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({seen.verify_message})"
        if isinstance(seen, ssl.SSLError) and not isinstance(seen, ssl.SSLEOFError):
            return f"TLS failed ({(seen.reason or str(seen)).replace('_', ' ').lower()})"
        seen = seen.__cause__ or seen.__context__
    return None


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
