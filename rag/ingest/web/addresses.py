"""Which addresses may be fetched: http(s) on usual ports, without credentials, on public networks."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urljoin, urlsplit, urlunsplit

from rag.ingest.web.errors import FetchError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Host and port to the addresses it has, as `getaddrinfo` would give them."""

MAX_ADDRESS = 2000
_ESCAPED = " \"<>'`"
_ESCAPES = str.maketrans({one: f"%{ord(one):02X}" for one in _ESCAPED})
# The "bad ports" of https://fetch.spec.whatwg.org/#port-blocking above 1023, and those of databases.
_REFUSED_PORTS = frozenset([
    1719, 1720, 1723, 2049, 2375, 3306, 3659, 4045, 4190, 5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666,
    6667, 6668, 6669, 6679, 6697, 9200, 10080, 11211, 27017,
])  # fmt: skip
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",
    )
)
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")


def checked_address(address: str, base: str | None = None) -> str:
    """Return an address that may be asked for, absolute and without its fragment.

    Parameters
    ----------
    base
        What a relative address is relative to.

    Raises
    ------
    FetchError
        Where it is no http(s) address, holds credentials, or names a port of another service.
    """
    address = address.strip()
    shown = repr(without_credentials(address)[:80])
    # Browsers drop tabs and line breaks inside an address and read a backslash as a slash.
    if any(not one.isprintable() or one == "\\" for one in address):
        raise FetchError(f"the address {shown} holds a backslash or control character")
    try:
        whole = urljoin(base, address) if base else address
        parts = urlsplit(whole)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise FetchError(f"the address {shown} cannot be read") from None
    if not address:
        raise FetchError("an empty address")
    if parts.scheme.lower() not in ("http", "https"):
        raise FetchError(f"the address {shown} is not http or https")
    if not host:
        raise FetchError(f"the address {shown} names no host")
    if any(one in _ESCAPED for one in parts.netloc):
        raise FetchError(f"the address {shown} holds a space or quotation mark in its host")
    if len(whole) > MAX_ADDRESS:
        raise FetchError(f"the address {shown} has more than {MAX_ADDRESS:,} characters")
    if "@" in parts.netloc:
        raise FetchError(f"the address of {host} holds credentials; give it without them")
    if port is not None and (port in _REFUSED_PORTS or (port < 1024 and port not in (80, 443))):
        raise FetchError(f"the address {shown} names port {port}, which is not one of web servers")
    # Written as browsers send them, where a page left them as they are.
    path, query = parts.path.translate(_ESCAPES), parts.query.translate(_ESCAPES)
    return urlunsplit(parts._replace(path=path, query=query, fragment=""))


def fragment_of(address: object) -> str:
    """Return the fragment of an address, written as browsers send the rest; empty where it has none."""
    if not isinstance(address, str) or "#" not in address:
        return ""
    fragment = address.strip().partition("#")[2].translate(_ESCAPES)
    return fragment if fragment.isprintable() and "\\" not in fragment else ""


def without_credentials(address: str) -> str:
    """Return an address as it may be shown: a name and password in it are what nobody else should see."""
    head, slashes, rest = address.partition("//")
    authority, slash, path = rest.partition("/")
    return f"{head}{slashes}{authority.rpartition('@')[2]}{slash}{path}"


def origin_of(address: str) -> str:
    """Return scheme, host and port of a checked address: what robots.txt and delays hold for."""
    parts = urlsplit(address)
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}"


def host_of(address: str) -> str:
    """Return the host of a checked address, in lower case."""
    return urlsplit(address).hostname or ""


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the system's resolver gives them; a plain one is itself."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def permitted(host: str, found: Sequence[str], *, allow_private: bool) -> list[str]:
    """Return the addresses of a host that may be connected to, or raise if one of them may not.

    One private address among public ones is refused with them: which is taken is chance.

    Raises
    ------
    FetchError
    """
    for text in found:
        address = _parsed(text)
        if address is None or address.is_multicast or address.is_unspecified:
            raise FetchError(
                f"{host} has the address {text[:60]}, which no server has", of_host=True
            )
        if _is_link_local(address):
            raise FetchError(
                f"{host} is at {text}, where clouds keep their machines' credentials", of_host=True
            )
        if not allow_private and not is_public(address):
            raise FetchError(
                f"{host} {'is' if host == text else f'is at {text},'} a private address; "
                "--allow-private permits such hosts",
                of_host=True,
            )
    if not found:
        raise FetchError(f"{host} has no address", passing=True, of_host=True)
    return list(found)


def _is_link_local(address: IPAddress) -> bool:
    """Whether packets to an address end up in 169.254.0.0/16, which even private feeds have no use for."""
    inner = _embedded(address) if isinstance(address, ipaddress.IPv6Address) else address
    return inner is not None and inner.is_link_local


def is_public(address: IPAddress) -> bool:
    """Whether an address is one of the public internet, and so is what is embedded in it."""
    if isinstance(address, ipaddress.IPv4Address):
        return not (
            address.is_private
            or address.is_loopback
            or address.is_link_local
            or address.is_multicast
            or address.is_reserved
            or address.is_unspecified
            or any(address in network for network in _NOT_PUBLIC)
        )
    inner = _embedded(address)
    if inner is not None:
        return is_public(inner)
    if address.teredo is not None or address.is_private or address.is_reserved:
        return False
    return address in _GLOBAL_UNICAST


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that packets to an IPv6 address end up at, for translations of IPv4."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64 or address in _IPV4_COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    # ISATAP, RFC 5214: ::0:5efe:a.b.c.d or ::200:5efe:a.b.c.d in the lower half.
    if (int(address) >> 32) & 0xFDFFFFFF == 0x5EFE:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _parsed(text: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
