"""The Gradio page of the chat: its components, and what happens when they are used.

What was asked and answered is on the server; the messages shown are always made of that, so that
two events that overtake each other cannot lose a question. Questions and filters are sent by the
page's script (chat.js), which keeps them until the server has acknowledged them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from rag.index import CollectionCounts
from ui.interface_text import ENGLISH, Words, words_of
from ui.markup import escape
from ui.web.conversations import Conversations, Snapshot, is_key
from ui.web.conversations_view import messages_of
from ui.web.first_visit import FirstVisit
from ui.web.followed_collection import FollowedCollection
from ui.web.gradio_endpoints import add_endpoints
from ui.web.gradio_module import gr
from ui.web.service import MAX_QUESTION_CHARS, MAX_WAITING, QueuedAnswerer

_CONCURRENCY = 4
_LOOKED_AT_EVERY_S = 0.05
# The browser asks again and again while it waits, and is answered at the next change: any process of the
# server can do so, where a stream of events would need the one that it was begun in.
_ASKED_EVERY_S = 0.2
_ANSWERED_WITHIN_S = 5.0
# Components that show a conversation: messages, stop, revision, timer.
_SHOWN = 4
_OUTLETS_NAMED = 4
_NAME_CHARS = 40
_AT_ONCE = {
    "queue": False,
    "show_progress": "hidden",
    "trigger_mode": "multiple",
    "api_visibility": "private",
}
_ASKING_AGAIN = {**_AT_ONCE, "trigger_mode": "once"}


def build_page(
    service: QueuedAnswerer,
    conversations: Conversations,
    first: FirstVisit,
    subtitle: str,
    *,
    allow_add: bool = False,
    feedback: bool = False,
) -> gr.Blocks:
    """Build the page.

    Parameters
    ----------
    subtitle
        A line under the promise, such as which collection is asked.
    allow_add
        Whether there is a page on which articles are added.
    feedback
        Whether people may say which answers are right.
    """
    pages = ("articles", "check", *(["add"] if allow_add else []))
    collection = FollowedCollection(service)
    at_first = collection.state
    with gr.Blocks(title="presscite", analytics_enabled=False) as blocks:
        head = gr.Markdown(
            _head(ENGLISH, subtitle, collection.counts(), pages),
            elem_id="pc-head",
            latex_delimiters=[],
        )
        chatbot = _chatbot()
        summary = gr.Markdown(
            # Written by us, each character of the index escaped; a sanitiser would take the chart out.
            first.summary(),
            elem_id="pc-summary",
            latex_delimiters=[],
            sanitize_html=False,
        )
        chips = _chips(first)
        with gr.Column(elem_id="pc-dock"):
            box = _question_box()
            # The script adds the filters to this row.
            with gr.Row(elem_id="pc-tools"):
                stop = gr.Button(ENGLISH("stop"), elem_id="pc-stop", visible=False)
                buttons = {
                    name: gr.Button(ENGLISH(name), elem_id=f"pc-{name}")
                    for name in ("new", "history", "export", "clear")
                }
        refresh = gr.Button("Refresh", elem_id="pc-refresh", visible="hidden")
        seen = gr.Textbox(label="Revision shown", visible="hidden", elem_id="pc-seen")
        again = gr.Timer(_ASKED_EVERY_S, active=False)
        shown = [chatbot, stop, seen, again]
        shown_now = partial(_shown, feedback)
        watch = _watch(service, conversations, shown_now)
        after = partial(_after, conversations, shown_now)

        again.tick(watch, seen, shown, **_ASKING_AGAIN)
        stop.click(after(conversations.stop), None, shown, **_AT_ONCE)
        buttons["clear"].click(after(conversations.clear), None, shown, **_AT_ONCE)
        refresh.click(after(lambda _key: None), None, shown, **_AT_ONCE)

        def translate(request: gr.Request) -> list[Any]:
            """Write the page in the visitor's language, with what is in the index now."""
            words = _words(request)
            if words == ENGLISH and collection.state == at_first:
                return [gr.skip()] * len(translated)
            return [
                _head(words, subtitle, collection.counts(), pages),
                first.summary(words),
                gr.update(placeholder=words("welcome")),
                gr.update(
                    placeholder=words("hint"), label=words("question"), submit_btn=words("ask")
                ),
                gr.update(value=words("stop")),
                *(gr.update(value=words(name)) for name in buttons),
            ]

        translated = [head, summary, chatbot, box, stop, *buttons.values()]
        blocks.load(translate, None, translated, **_AT_ONCE)
        if not first.ready:
            made = gr.Timer(_ASKED_EVERY_S)
            made.tick(_questions_once_made(service, first), None, [*chips, made], **_ASKING_AGAIN)
        add_endpoints(service)
    blocks.queue(max_size=MAX_WAITING, default_concurrency_limit=_CONCURRENCY, api_open=False)
    return blocks


def _chips(first: FirstVisit) -> list[gr.Button]:
    """Build the questions to click, and hidden places for those that are still to be made."""
    with gr.Row(elem_id="pc-examples"):
        shown = [gr.Button(question, size="sm") for question in first.questions]
        hidden = range(first.places - len(shown))
        return shown + [gr.Button("", size="sm", visible=False) for _ in hidden]


def _questions_once_made(
    service: QueuedAnswerer, first: FirstVisit
) -> Callable[[], Awaitable[list[Any]]]:
    async def show() -> list[Any]:
        # Looks at the index, which may be on another machine.
        await asyncio.to_thread(first.begin)
        await _until(service, lambda: first.ready)
        if not first.ready:
            return [gr.skip()] * (first.places + 1)
        found = [*first.questions, *[""] * first.places][: first.places]
        chips = [gr.update(value=question, visible=bool(question)) for question in found]
        return [*chips, gr.Timer(active=False)]

    return show


def _chatbot() -> gr.Chatbot:
    return gr.Chatbot(
        elem_id="pc-chat",
        label=ENGLISH("chat"),
        show_label=False,
        layout="bubble",
        buttons=[],
        feedback_options=None,
        latex_delimiters=[],
        allow_tags=False,
        sanitize_html=True,
        autoscroll=False,
        reasoning_tags=[],
        allow_file_downloads=False,
        line_breaks=False,
        placeholder=ENGLISH("welcome"),
    )


def _question_box() -> gr.Textbox:
    return gr.Textbox(
        label=ENGLISH("question"),
        show_label=False,
        placeholder=ENGLISH("hint"),
        lines=1,
        max_lines=4,
        max_length=MAX_QUESTION_CHARS,
        submit_btn=ENGLISH("ask"),
        autofocus=True,
        # Gradio takes a box that none of its events reads for one that only shows.
        interactive=True,
        elem_id="pc-box",
    )


def _head(
    words: Words, subtitle: str, collection: CollectionCounts | None, pages: Sequence[str]
) -> str:
    lines = [words("promise"), *([subtitle] if subtitle else [])]
    if collection is not None:
        lines.append(_holds(words, collection))
    # Relative to the chat's own page, whatever path leads there.
    links = " ".join(f'<a href="{page}">{escape(words(f"page_{page}"))}</a>' for page in pages)
    told = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f'<div><h1>presscite</h1>{told}<p class="pc-pages">{links}</p></div>'


def _holds(words: Words, collection: CollectionCounts) -> str:
    """Return in one line what is in the index."""
    total = collection.articles
    parts = [
        words("one_article") if total == 1 else words("articles", articles=words.number(total))
    ]
    named = [_shortened(name) for name, _ in collection.outlets]
    if 0 < len(named) <= _OUTLETS_NAMED:
        parts.append(words("from_outlets", outlets=", ".join(named)))
    elif named:
        most = ", ".join(named[:2])
        parts.append(words("from_many", count=words.number(len(named)), outlets=most))
    if collection.first and collection.last:
        name = "one_day" if collection.first == collection.last else "period"
        first, last = words.day(collection.first), words.day(collection.last)
        parts.append(words(name, first=first, last=last))
    return " ".join(parts) + "."


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME_CHARS else f"{name[: _NAME_CHARS - 1]}…"


def _key(request: gr.Request) -> str:
    """Return the key of the conversation that the page shows; without one, of Gradio's session."""
    key = str(dict(request.query_params).get("c", ""))
    return key if is_key(key) else f"session {request.session_hash}"


def _words(request: gr.Request) -> Words:
    return words_of(dict(request.query_params).get("lang"))


def _shown(feedback: bool, request: gr.Request, snapshot: Snapshot | None) -> list[Any]:
    """Return the messages of a conversation, whether there is something to stop, and its revision."""
    found = snapshot or Snapshot(0)
    messages = messages_of(found, _words(request), feedback=feedback)
    return [
        messages,
        gr.update(visible=found.waiting),
        str(found.revision),
        gr.Timer(active=found.waiting),
    ]


def _after(
    conversations: Conversations,
    shown_now: Callable[[gr.Request, Snapshot | None], list[Any]],
    act: Callable[[str], None],
) -> Callable[[gr.Request], list[Any]]:
    """Return what does something with the conversation and shows it then."""

    def acted(request: gr.Request) -> list[Any]:
        act(_key(request))
        return shown_now(request, conversations.snapshot(_key(request)))

    return acted


def _watch(
    service: QueuedAnswerer,
    conversations: Conversations,
    shown_now: Callable[[gr.Request, Snapshot | None], list[Any]],
) -> Callable[[gr.Request, str], Awaitable[list[Any]]]:
    async def watch(request: gr.Request, seen: str) -> list[Any]:
        """Show the conversation once it is another than the one shown; nothing new after a while."""
        key = _key(request)
        # Asked for whole, so that a question whose process has gone is gone on with.
        found = await asyncio.to_thread(conversations.snapshot, key)
        if found is not None and found.waiting:
            await _until(service, lambda: str(conversations.revision(key) or 0) != seen)
            found = await asyncio.to_thread(conversations.snapshot, key)
        if str(found.revision if found else 0) == seen:
            return [gr.skip()] * _SHOWN
        return shown_now(request, found)

    return watch


async def _until(service: QueuedAnswerer, done: Callable[[], bool]) -> None:
    """Wait until something is so, for a while, and not for a server that ends."""
    ends = asyncio.get_running_loop().time() + _ANSWERED_WITHIN_S
    while not done() and not service.stopping and asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(_LOOKED_AT_EVERY_S)
