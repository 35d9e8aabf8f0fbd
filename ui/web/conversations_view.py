"""A conversation as the chat's messages; pure functions."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from rag.types import Answer, Passage
from ui.citing.formats import citations_shown
from ui.interface_text import ENGLISH, Words
from ui.markup import escape, local_path, naming_quotes, title_of, under_prefix
from ui.reported import chosen, filter_words
from ui.web.conversations_state import Exchange, Gone, Snapshot
from ui.web.feedback_forms import render_chat_verdicts
from ui.web.render import render_answer, render_error

_LOG = logging.getLogger("presscite")


def messages_of(
    snapshot: Snapshot, words: Words = ENGLISH, *, feedback: bool = False
) -> list[dict[str, Any]]:
    """Return the messages of the chat: a question and its reply for each exchange.

    Their links are relative to the chat's page, whatever it is reached under; those to an article name all
    of its quotes in the conversation, which its page marks.

    Parameters
    ----------
    feedback
        Whether each answer has the buttons that say whether it is right.
    """
    messages = []
    answers = (one.answer for one in snapshot.exchanges if one.answer is not None)
    quoted = [citation for answer in answers for citation in citations_shown(answer)]
    with under_prefix("."), naming_quotes(quoted):
        for one in snapshot.exchanges:
            messages.append({"role": "user", "content": _asked(one, words)})
            messages.append({"role": "assistant", "content": _replied(one, words, feedback)})
    return messages


def ask_path(exchange: Exchange, words: Words = ENGLISH) -> str:
    """Path of the page without scripts that asks the same again, as of the same day.

    A follow-up is asked as it was understood, since that page knows no conversation.
    """
    answer = exchange.answer
    question = (answer.standalone_question if answer else None) or exchange.question
    given = {"q": question} | chosen(exchange.filters)
    if answer is not None and answer.as_of is not None:
        given["as_of"] = answer.as_of.isoformat()
    if words != ENGLISH:
        given["lang"] = words.language
    return local_path(f"/ask?{urlencode(given, errors='replace')}")


def _asked(exchange: Exchange, words: Words) -> str:
    filters = filter_words(exchange.filters, words)
    line = escape(words("asked_with", filters=filters))
    told = f'<p class="pc-asked-with">{line}</p>' if filters else ""
    return f'<h2 class="pc-question">{escape(exchange.question)}</h2>{told}'


def _replied(exchange: Exchange, words: Words, feedback: bool) -> str:
    link = (
        f'<p class="pc-links"><a class="pc-permalink" href="{escape(ask_path(exchange, words))}" '
        f'target="_blank" rel="noopener noreferrer">{escape(words("link"))}</a></p>'
    )
    answer = exchange.answer
    verdicts = render_chat_verdicts(answer, words) if feedback and answer else ""
    return f'<div class="pc-turn">{_reply(exchange, words)}{verdicts}{link}</div>'


def _reply(exchange: Exchange, words: Words) -> str:
    if exchange.answer is not None:
        return _rendered(exchange, exchange.answer, words)
    if exchange.gone is not None:
        return _gone(exchange.gone, words)
    if exchange.status == "waiting" and exchange.nearest:
        return _looking_in(exchange.nearest, words)
    if exchange.status in {"waiting", "stopped"}:
        return f'<p class="pc-{exchange.status}">{escape(words(exchange.status))}</p>'
    return render_error(exchange.error or "It was not answered.", words)


def _looking_in(nearest: Sequence[Passage], words: Words) -> str:
    """HTML of the headlines and outlets that are being read, each article once."""
    articles = {passage.article.id: passage.article for passage in nearest}
    items = "".join(
        f'<li dir="auto">{escape(title_of(one))}'
        f"{f' &#183; {escape(one.outlet)}' if one.outlet else ''}</li>"
        for one in articles.values()
    )
    return f'<div class="pc-waiting"><p>{escape(words("looking_in"))}</p><ul>{items}</ul></div>'


def _rendered(exchange: Exchange, answer: Answer, words: Words) -> str:
    try:
        passing, articles = exchange.searched or (None, None)
        return render_answer(
            answer,
            str(exchange.number),
            words,
            filters=exchange.filters,
            searched=passing,
            articles=articles,
            rewording=True,
        )
    except Exception:
        _LOG.exception("an answer could not be shown")
        return render_error(
            "Something went wrong while showing the answer; the server's log says what.", words
        )


def _gone(gone: Gone, words: Words) -> str:
    """HTML of an answer of which only its words are left."""
    if gone.answer is None:
        return f'<div class="pc-message"><p class="pc-silent">{escape(words("silent"))}</p></div>'
    quote = escape(gone.quote or gone.answer)
    return (
        f'<div class="pc-message"><blockquote class="pc-more" dir="auto">{quote}</blockquote>'
        f"<p>{escape(gone.byline)}</p>"
        f'<p class="pc-gone">{escape(words("gone"))}</p></div>'
    )
