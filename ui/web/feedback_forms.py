"""Forms by which people say what is right, without scripts; pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from eval.feedback import MAX_WORDS
from rag.types import MAX_QUESTION, Answer, Article
from ui.interface_text import Words
from ui.markup import article_path, escape, local_path
from ui.reported import article_day
from ui.web.article_page import headline, html_page
from ui.web.reader_language import alert_html, page_words
from ui.web.style import FORM_CSS

FEEDBACK_PATH = "/feedback"
KEPT_PATH = "/feedback/kept"
SELECT_PATH = "/select.js"
"""The script that sends words selected on an article's page."""
_MAX_CHOICES = 20
_MAX_LINKS = 6
_THANKS = {"right": "kept_right", "wrong": "kept_wrong", "here": "kept_here_words"}


def render_verdicts(answer: Answer) -> str:
    """HTML of the forms under an answer: right, wrong, or the words of an article that are right.

    "" under an overview, which is not right or wrong as an answer to one question is.
    """
    if answer.overview:
        return ""
    hidden, place = _asked(answer), _judged(answer)
    words = page_words()
    buttons = _buttons(place, words)
    return (
        '<section class="along feedback" aria-labelledby="feedback">'
        f'<h2 id="feedback">{escape(words("is_it_right"))}</h2>'
        f"{_form(hidden | place, buttons)}{_elsewhere(answer, hidden)}</section>"
    )


def render_chat_verdicts(answer: Answer, words: Words) -> str:
    """HTML of the same under an answer in the chat, whose script sends the form and says what was kept.

    The right words are named in the form of an article's page, to which a link leads. "" under an overview,
    as in `render_verdicts`.
    """
    if answer.overview:
        return ""
    hidden, place = _asked(answer), _judged(answer)
    buttons = _buttons(place, words)
    form = _form(hidden | place, f'{buttons}<span class="pc-kept"></span>', "pc-verdict")
    given = urlencode({"correct": "1"} | {k: v for k, v in hidden.items() if v}, errors="replace")
    links = "".join(
        f'<li><a href="{escape(f"{article_path(one.id)}?{given}#correct")}" target="_blank" '
        f'rel="noopener noreferrer">{escape(_named(one, words))}</a></li>'
        for one in _found(answer)[:_MAX_LINKS]
    )
    if not links:
        return form
    return (
        f'{form}<details class="pc-here"><summary>{escape(words("right_here"))}</summary>'
        f"<ul>{links}</ul></details>"
    )


def render_here(
    article: Article, question: str, words: str = "", as_of: str = "", problem: str | None = None
) -> str:
    """HTML of the form on an article's page that says which of its words answer a question."""
    own = page_words()
    told = alert_html(problem) if problem else ""
    fields = (
        f'<label class="ask-q">{escape(own("question_field"))}<input name="q"'
        f' value="{escape(question[:MAX_QUESTION])}" maxlength="{MAX_QUESTION}" required></label>'
        f"{_words_field(words)}"
        '<input type="hidden" name="start"><input type="hidden" name="end">'
        f'<button name="verdict" value="here">{escape(own("keep"))}</button>'
    )
    hidden = {"article_id": article.id, "as_of": as_of}
    texts = {
        "select": own("select_words"),
        "keep": own("keep_words"),
        "too-long": own("too_many_words"),
    }
    form = _form(hidden, fields, data=texts)
    return (
        '<section class="along feedback" aria-labelledby="correct">'
        f'<h2 id="correct">{escape(own("right_here"))}</h2>{told}{form}</section>'
    )


def render_here_page(article: Article, given: Mapping[str, str], problem: str) -> str:
    """HTML page of the form of `render_here` again, with what is wrong with it."""
    form = render_here(
        article, given.get("q", ""), given.get("words", ""), given.get("as_of", ""), problem
    )
    link = escape(article_path(article.id))
    title = page_words()("not_kept_title")
    back = f'<p><a href="{link}">{escape(headline(article))}</a></p>'
    body = f"<h1>{escape(title)}</h1>{back}{form}"
    return html_page(title, body, css=FORM_CSS)


def correct_link(article: Article) -> str:
    """HTML of the link from an article's page to the same page with the form of `render_here`."""
    path = escape(f"{article_path(article.id)}?correct=1#correct")
    return f'<p class="along"><a class="alone" href="{path}">{escape(page_words()("correct_link"))}</a></p>'


def render_kept(verdict: str, question: str) -> str:
    """HTML page after feedback was kept."""
    words = page_words()
    path = f"{local_path('/ask')}?{urlencode({'q': question}, errors='replace')}"
    again = (
        f'<p><a href="{escape(path)}">{escape(words("back_to_question"))}</a></p>'
        if question
        else ""
    )
    line, title = words(_THANKS.get(verdict, "kept_plain")), words("thank_you")
    body = f'<h1>{escape(title)}</h1><p role="status">{escape(line)}</p>{again}'
    return html_page(title, body)


def _elsewhere(answer: Answer, hidden: Mapping[str, str]) -> str:
    """HTML of the fold-out in which words of one of the articles found are named."""
    articles = _found(answer)
    if not articles:
        return ""
    words = page_words()
    options = "".join(
        f'<option value="{escape(one.id)}">{escape(_named(one, words))}</option>'
        for one in articles
    )
    fields = (
        f'<label class="ask-q">{escape(words("article"))}<select name="article_id">{options}</select></label>'
        f"{_words_field('')}"
        f'<button name="verdict" value="here">{escape(words("keep"))}</button>'
    )
    return (
        f"<details><summary>{escape(words('right_elsewhere'))}</summary>"
        f"{_form(hidden, fields)}</details>"
    )


def _buttons(place: Mapping[str, str], words: Words) -> str:
    names = ("right", "wrong") if place else ("right_silence", "wrong_silence")
    return "".join(
        f'<button name="verdict" value="{verdict}">{escape(words(name))}</button>'
        for verdict, name in zip(("right", "wrong"), names, strict=True)
    )


def _asked(answer: Answer) -> dict[str, str]:
    question = answer.standalone_question or answer.question
    return {"q": question, "as_of": answer.as_of.isoformat() if answer.as_of else ""}


def _judged(answer: Answer) -> dict[str, str]:
    """Return where the answering words stand; nothing of an abstention."""
    if not answer.citations:
        return {}
    best = answer.citations[0]
    return {
        "article_id": best.article.id,
        "start": str(best.answer_start),
        "end": str(best.answer_end),
    }


def _named(article: Article, words: Words) -> str:
    title = (article.title or "").strip() or words("untitled")
    return " · ".join([article.outlet or title, article_day(article, words), title])[:150]


def _found(answer: Answer) -> Sequence[Article]:
    """Return the articles that were found, those that answer first."""
    cited = (c.article for candidate in answer.candidates for c in candidate.citations)
    found = {one.id: one for one in cited}
    for passage in answer.passages:
        found.setdefault(passage.article.id, passage.article)
    return list(found.values())[:_MAX_CHOICES]


def _words_field(words: str) -> str:
    return (
        f'<label class="ask-q">{escape(page_words()("pasted_words"))}<textarea name="words" rows="3"'
        f' maxlength="{MAX_WORDS}" required>{escape(words[:MAX_WORDS])}</textarea></label>'
    )


def _form(
    hidden: Mapping[str, str], fields: str, name: str = "", data: Mapping[str, str] | None = None
) -> str:
    inputs = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in hidden.items()
        if value
    )
    action = escape(local_path(FEEDBACK_PATH))
    classes = f' class="{name}"' if name else ""
    told = "".join(f' data-{key}="{escape(value)}"' for key, value in (data or {}).items())
    return f'<form{classes} action="{action}" method="post"{told}>{inputs}{fields}</form>'
