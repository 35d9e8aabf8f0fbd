"""Under which names the server is known, and which requests come from its own pages."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from rag.errors import QueryError

ANY_HOST = "*"
"""Among the allowed hosts: every name is served, as where an outer application has checked it."""
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  (compared with, not bound)
_HOST = re.compile(r"(?P<host>[^\s:@/\\?#\[\]]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_OWN = frozenset({"same-origin", "none"})


def is_loopback(host: str) -> bool:
    """Whether a server bound to this address is reached from this machine alone."""
    name = host.strip("[]").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def only_this_machine(host: str, allowed_hosts: Collection[str], root_path: str) -> bool:
    """Whether nobody but the users of this machine reaches a server.

    Under another name or a path, a proxy brings others.
    """
    return is_loopback(host) and not allowed_hosts and not root_path


class TrustedHosts:
    """The names that a ``Host`` header may have, and the origins that may send more than a GET.

    Parameters
    ----------
    bound_host
        The address the server listens on. Bound to every address, any IP literal is accepted as
        Host too: rebinding a name, which the check is against, needs a name.
    allowed_hosts
        Further names under which the server is known; `ANY_HOST` for all.
    """

    def __init__(self, bound_host: str, allowed_hosts: Collection[str]) -> None:
        self._any = ANY_HOST in allowed_hosts
        self._everywhere = bound_host in _EVERYWHERE
        self._allowed = {name.strip("[]").lower() for name in allowed_hosts} - {ANY_HOST}
        names = {bound_host.strip("[]").lower()} - _EVERYWHERE
        if self._everywhere:
            names.add(socket.gethostname().lower())
        self._hosts = _LOCAL | names | self._allowed

    def trusts(self, headers: Headers) -> bool:
        """Whether a request names this server, in ``Host`` and in what a proxy adds to it."""
        named = [headers.get("host", "")]
        for header in headers.getlist("x-forwarded-host"):
            named += [part.strip() for part in header.split(",")]
        return all(self._known(_host_only(name)) for name in named)

    def own_page(self, headers: Headers) -> bool:
        """Whether a request that may change something comes from a page of this server, or from none.

        Programs send neither ``Sec-Fetch-Site`` nor ``Origin``. Browsers send the first to addresses that
        they trust (https, this machine) and the second with every POST.
        """
        site = headers.get("sec-fetch-site")
        if site is not None and site not in _OWN:
            return False
        origin = headers.get("origin")
        if origin is None:
            return True
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            return False
        reached = {headers.get("host", ""), headers.get("x-forwarded-host", "")}
        # A proxy that passes on another Host: the browser's name for it is one of those allowed.
        return parts.netloc in reached or _host_only(parts.netloc) in self._allowed

    def _known(self, host: str) -> bool:
        if host in self._hosts:
            return True
        return bool(host) and (self._any or (self._everywhere and _is_address(host)))


def checked_host(name: str) -> str:
    """Return a host name as ``--allowed-host`` takes it.

    Raises
    ------
    QueryError
        Where it is none, such as an address with a scheme or a port.
    """
    found = _HOST.fullmatch(name) if name != ANY_HOST else None
    if name != ANY_HOST and (found is None or found["host"] != name):
        raise QueryError(
            f"--allowed-host is {name!r}; give a name without scheme and port, as in news.example"
        )
    return name


def _host_only(header: str) -> str:
    """Return the host of a header without its port, lower case; empty where it is none."""
    found = _HOST.fullmatch(header)
    return found["host"].strip("[]").lower() if found else ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
