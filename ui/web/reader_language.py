"""The language in which pages without scripts are told: what their reader chose, from address or cookie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.types import Article
from ui.interface_errors import error_in
from ui.interface_text import ENGLISH, Words, interface_texts, words_of
from ui.markup import escape, local_path
from ui.web.prefix import path_inside

LANGUAGE_COOKIE = "presscite-language"
"""Written by the chat's menu of languages, and by the links of the pages."""
_PLACE = "\ue000"
_YEAR_S = 31_536_000
_WORDS: ContextVar[Words] = ContextVar("words", default=ENGLISH)
_ADDRESS: ContextVar[str | None] = ContextVar("address", default=None)


def page_words() -> Words:
    """Return the words of the page that is rendered; English outside of a request."""
    return _WORDS.get()


@contextmanager
def told_in(words: Words, address: str | None = None) -> Iterator[None]:
    """Let pages that are rendered inside be told in a language.

    Parameters
    ----------
    address
        Path and query of the page, under which it is offered in the other languages; None: it is not.
    """
    told, where = _WORDS.set(words), _ADDRESS.set(address)
    try:
        yield
    finally:
        _WORDS.reset(told)
        _ADDRESS.reset(where)


def language_links() -> str:
    """HTML of the links to the same page in the other languages; empty where there is no such page."""
    address = _ADDRESS.get()
    if address is None:
        return ""
    path, _, query = address.partition("?")
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "lang"]
    links = []
    for code, texts in interface_texts().items():
        if code != page_words().language:
            given = urlencode([*pairs, ("lang", code)], errors="replace")
            links.append(
                f'<a class="site" rel="alternate" hreflang="{code}" lang="{code}" '
                f'href="{escape(f"{local_path(path)}?{given}")}">{escape(texts["own_name"])}</a>'
            )
    return "".join(links)


def english_part() -> str:
    """HTML attribute of a line that is English on a page that is not, such as an error of the library."""
    return "" if page_words() == ENGLISH else ' lang="en"'


def error_html(line: str, element: str = "p", attributes: str = "") -> str:
    """HTML of an error, in the language of the page where the table has its words."""
    told, own = error_in(page_words(), line)
    language = "" if own else english_part()
    return f"<{element}{attributes}{language}>{escape(told)}</{element}>"


def alert_html(line: str) -> str:
    """HTML of an error that a reader has to see."""
    return error_html(line, attributes=' class="note" role="alert"')


def own_part(article: Article) -> str:
    """HTML attribute of the page's own words inside of an article in another language."""
    language = page_words().language
    return f' lang="{language}"' if article.language and article.language != language else ""


def told_html(name: str, **parts: str) -> str:
    """HTML of a text of the page with HTML in its places."""
    line = page_words()(name, **{key: f"{_PLACE}{key}{_PLACE}" for key in parts})
    pieces = line.split(_PLACE)
    return "".join(parts[one] if odd % 2 else escape(one) for odd, one in enumerate(pieces))


class ReaderLanguageMiddleware:
    """Tells the pages their reader's language; keeps one that was chosen by a link of theirs in a cookie."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        query, headers = scope["query_string"].decode("latin-1"), Headers(scope=scope)
        given = parse_qs(query).get("lang", [""])[-1]
        chosen = given if given in interface_texts() else None
        words = words_of(chosen or _of_cookie(headers.get("cookie", "")))
        address = f"{path_inside(scope)}?{query}" if scope["method"] in {"GET", "HEAD"} else None
        # A link on another site changes nothing for later, and neither does what a page's script
        # fetches: its answer may come after another language was chosen.
        followed = headers.get("sec-fetch-dest") == "document"
        kept = chosen if followed and headers.get("sec-fetch-site") == "same-origin" else None
        path = scope.get("root_path", "") + "/"

        async def keeping(message: Message) -> None:
            if kept and message["type"] == "http.response.start":
                told = f"{LANGUAGE_COOKIE}={kept}; Path={path}; Max-Age={_YEAR_S}; SameSite=Lax"
                MutableHeaders(scope=message).append("set-cookie", told)
            await send(message)

        with told_in(words, address):
            await self._app(scope, receive, keeping)


def _of_cookie(header: str) -> str | None:
    try:
        found = SimpleCookie(header).get(LANGUAGE_COOKIE)
    except CookieError:
        return None
    return found.value if found else None
