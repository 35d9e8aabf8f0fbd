"""Addresses of pages: without what only tracks, and with AMP, print and mobile variants folded."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, unquote, unquote_plus, urlsplit, urlunsplit

from rag.text.patterns import lazily

_TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "hsa_", "trk_")
# Ways to show the same page, with the values that ask for them.
_VIEWS = {
    "amp": ("", "1", "true"),
    "outputtype": ("amp",),
    "output": ("amp", "1"),
    "print": ("", "1", "true", "yes"),
    "printable": ("1", "true", "yes"),
    "view": ("print", "mobile", "amp"),
    "desktop": ("1", "true"),
    "mobile": ("1", "true", "yes"),
    "m": ("1",),
    "nocache": ("1",),
}
_REFERRER = frozenset(["ref", "source", "src", "from", "via", "referrer"])
_REFERRER_VALUES = lazily(
    r"(?:rss|feed|home(?:page)?|canonical|og|share|twitter|facebook|fb|x|email|newsletter|app|google.*|nl_.*"
    r"|whatsapp|telegram|linkedin|reddit|bookmark|topnews|amp|mobile)"
)
_PORTS = {"http": 80, "https": 443}
_CACHE = lazily(r"^[a-z0-9-]+\.cdn\.ampproject\.org$|^www\.google\.(?:com?\.)?[a-z]{2,3}$")
_CACHE_PATH = lazily(r"^/(?:amp/|c/|v/|a/)?s/([^/]+)(/.*)?$|^/amp/s/([^/]+)(/.*)?$")
# The Wayback Machine's copies of pages are the pages' own.
_KEPT = lazily(r"^https?://web\.archive\.org/web/[0-9]{4,14}(?:[a-z]{2}_)?/(https?://.+)")
_HEX = lazily(r"[0-9A-Fa-f]{2}")
_UNRESERVED = "-._~!$&'()*+,;=:@/%"


def canonical_url(url: str) -> str:
    """Return the one address that stands for all addresses of a page that certainly show the same.

    Scheme and host in lower case; default ports, fragments, tracking parameters and the mark of an AMP,
    print or mobile view gone; what is no http(s) address comes back as it was. A mobile host is folded
    (``m.example.org`` to ``example.org``) only where another label stays, and ``http`` is kept apart from
    ``https``, as is ``www``: there the pages may differ.
    """
    text = url.strip()
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not host:
        return url
    path, query = parts.path or "/", parts.query
    cached = _from_cache(host, path)
    if cached:
        scheme, host, path, port = "https", *cached, None
    host = _folded_host(host.rstrip("."))
    path = _folded_path(
        quote(unquote(path), safe=_UNRESERVED) if "%" not in path else _escapes(path)
    )
    # As it is spelt: escapes may be of any encoding, and a name without "=" is another one than with it.
    kept = [one for one in query.split("&") if not _is_noise(one)]
    netloc = f"[{host}]" if ":" in host else host
    if port and port != _PORTS[scheme]:
        netloc += f":{port}"
    if "@" in parts.netloc:
        netloc = f"{parts.netloc.rpartition('@')[0]}@{netloc}"
    return urlunsplit((scheme, netloc, path, "&".join(kept), ""))


def same_site(url: str, other: str) -> bool:
    """Whether two addresses are of one publisher: the same host, or one a part of the other's domain.

    A copy in a cache of AMP pages or in the Wayback Machine is of the publisher it was made from.
    """
    hosts = [_site(url), _site(other)]
    shorter, longer = sorted(hosts, key=len)
    if shorter == longer:
        return True
    # Whoever has a page under "github.io" or "co.uk" has nothing to do with its other pages.
    return "." in shorter and longer.endswith(f".{shorter}") and not _suffixes().is_public(shorter)


@cache
def _suffixes() -> Any:  # noqa: ANN401  (it has no types)
    """Return the packaged public suffix list; nothing is fetched."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=False)


def _site(url: str) -> str:
    kept = _KEPT.match(url)
    try:
        host = urlsplit(canonical_url(kept[1] if kept else url)).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def _escapes(path: str) -> str:
    """Return a path whose escapes are in capitals, as one of them stands for the other."""
    parts = path.split("%")
    raised = [part[:2].upper() + part[2:] if _HEX.match(part) else part for part in parts[1:]]
    return "%".join([parts[0], *raised])


def _is_noise(parameter: str) -> bool:
    """Whether a parameter as it is spelt tracks, or asks for another view of the same page."""
    name, value = (unquote_plus(part).lower() for part in parameter.partition("=")[::2])
    if name in _tracking() or name.startswith(_TRACKING_PREFIXES):
        return True
    if name in _REFERRER and _REFERRER_VALUES.fullmatch(value):
        return True
    return value in _VIEWS.get(name, ())


def _folded_host(host: str) -> str:
    labels = host.split(".")
    if len(labels) >= 3 and labels[0] in ("m", "mobile", "amp", "touch", "wap"):
        return ".".join(labels[1:])
    return host


def _folded_path(path: str) -> str:
    """Return a path without the segment or suffix that asks for the AMP view."""
    for suffix in (".amp.html", ".amp.htm"):
        if path.lower().endswith(suffix):
            return path[: -len(suffix)] + suffix.removeprefix(".amp")
    for suffix in (".amp", "/amp/", "/amp"):
        shorter = path[: -len(suffix)]
        # "/amp" alone may be a page on amplifiers.
        if path.lower().endswith(suffix) and shorter.strip("/"):
            return shorter + ("/" if suffix == "/amp/" else "")
    if path.lower().startswith("/amp/") and path.count("/") > 2:
        return path[4:]
    return path


def _from_cache(host: str, path: str) -> tuple[str, str] | None:
    """Return the host and path of the page that a cache of AMP pages shows."""
    if not _CACHE.match(host):
        return None
    found = _CACHE_PATH.match(path)
    if not found:
        return None
    return (found[1] or found[3]).lower(), found[2] or found[4] or "/"


@cache
def _tracking() -> frozenset[str]:
    """Return the parameters that say where a reader came from, never which page is shown."""
    lines = (files("rag.text") / "tracking_parameters.txt").read_text(encoding="utf-8").split()
    return frozenset(lines)
