"""The message of an answer: right words, right links, and nothing a corpus can add to it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from io import StringIO

import pytest
from rich.console import Console

from rag.text.links import safe_url
from rag.types import Answer, Article, Candidate, Citation
from tests.ui.library import RECOUNT, TREATY, abstained, answered, cite, passage
from ui.cli.terminal import print_answer
from ui.markup import escape
from ui.serialize import answer_json, article_json, passage_json
from ui.web.article_page import Highlight, render_article, render_message_page
from ui.web.render import render_answer, render_error, render_question

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=https://evil.example/x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "![p](https://evil.example/p.png)",
    "[go](javascript:alert(1))",
    "https://evil.example/ www.evil.example a@evil.example",
    "```mermaid\ngraph TD; A-->B\n```",
    "$$\\href{javascript:alert(1)}{x}$$ \\(x\\) \\[y\\]",
    "\n\n# Head\n\n- item\n\n1. one\n\n    code\n\n> quoted\n\n---\n\n| a | b |\n|---|---|\n",
    "<details open ontoggle=alert(1)><summary>s</summary></details>",
    "<form action=//evil.example><input name=q></form><iframe src=//evil.example></iframe>",
    "<!-- --><![CDATA[ x ]]><?php ?><style>*{display:none}</style>",
    "&lt;script&gt; &#60;b&#62; &amp;",
    "<thinking>hidden</thinking><mark>fake</mark></blockquote></div>",
    "**bold** __under__ ~~gone~~ `code` :smile: {{ value }} ${value} [^1]: x",
    "\u202egnp.exe \u2066x\u2069 \u200b\x07\x1b[31m\x85 \ud800",
    "<video src=https://evil.example/v.mp4 autoplay></video><base href=//evil.example>",
]
ALLOWED = {
    "div": {"class", "lang"},
    "p": {"class", "dir", "lang"},
    "em": set(),
    "strong": set(),
    "blockquote": {"class", "dir", "lang"},
    "mark": {"lang"},
    "ol": {"class", "start"},
    "ul": set(),
    "li": {"class", "id"},
    "span": {"class"},
    "a": {"class", "href", "target", "rel", "id", "aria-label", "lang"},
    "details": {"class"},
    "summary": set(),
}


class Reading(HTMLParser):
    """Elements, links and text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.depth = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.depth += tag not in {"meta"}

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")

    def count(self, name: str) -> int:
        return sum(tag == name for tag, _ in self.elements)

    def links(self, css_class: str) -> list[str]:
        return [a["href"] or "" for t, a in self.elements if t == "a" and a["class"] == css_class]


def read(html: str) -> Reading:
    """Parse a message and check that it has only elements and attributes of our own."""
    reading = Reading(html)
    assert reading.depth == 0
    for tag, attributes in reading.elements:
        assert tag in ALLOWED, tag
        assert set(attributes) <= ALLOWED[tag], (tag, attributes)
    assert "\n" not in html, "a line break is where Markdown may wake up"
    return reading


def hostile_article(payload: str) -> Article:
    return Article(
        id=payload,
        text=f"One {payload} says {payload} here.",
        title=payload,
        outlet=payload,
        url=f"https://evil.example/{payload}",
        published=date(2024, 1, 1),
        authors=(payload,),
        language=payload,
        sources=(payload,),
    )


def hostile_answers(payload: str) -> list[Answer]:
    article = hostile_article(payload)
    whole = Citation(article, article.text, 0, len(article.text), 4, 4 + len(payload), payload)
    one = Candidate(payload, 0.5, (whole, whole))
    return [
        answered(payload, one, standalone=payload),
        answered(payload, one, one),
        Answer(payload, payload, (one,), True, (passage(article),), {}),
    ]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_corpus_adds_no_element_and_keeps_its_words(payload: str) -> None:
    for answer in hostile_answers(payload):
        html = render_answer(answer)
        reading = read(html)
        assert not re.search(r"[`*_\[\]$\\{}|~!]", html.replace("_blank", ""))
        assert visible(answer.passages[0].text) in reading.text
    for html in (render_error(payload), render_question(payload)):
        read(html)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_article_page_adds_no_element(payload: str) -> None:
    article = hostile_article(payload)
    allowed = {"html", "head", "meta", "title", "style", "body", "nav", "a", "span", "main"}
    allowed |= {"article", "header", "h1", "p", "time", "mark"}
    page = Reading(render_article(article, [Highlight(0, len(article.text), 4, 5)], payload))
    assert {tag for tag, _ in page.elements} <= allowed
    assert page.count("style") == 1
    known = {"lang", "charset", "name", "content", "aria-label", "href", "class", "datetime"}
    known |= {"rel", "dir", "id", "role"}
    assert {name for _, attributes in page.elements for name in attributes} <= known
    Reading(render_message_page(payload, payload))


def visible(text: str) -> str:
    """What a browser is given for a text: controls and lone surrogates have become U+FFFD."""
    return re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", "\ufffd", text)


@pytest.mark.parametrize("number", [1, 2, 3, 10, 25])
def test_every_citation_has_its_number_link_and_mark(number: int) -> None:
    articles = [replace(TREATY, id=f"a{n}", title=f"Title {n}") for n in range(number)]
    quote = "Maria Okafor chaired the session on harbour rules."
    citations = tuple(cite(article, quote, "Maria Okafor") for article in articles)
    reading = read(render_answer(answered("Who?", Candidate("Maria Okafor", 0.9, citations))))
    start = TREATY.text.index(quote)
    query = f"start={start}&end={start + len(quote)}"
    query += f"&answer_start={start}&answer_end={start + 12}"
    assert reading.links("pc-title") == [f"/articles/a{n}?{query}#quote" for n in range(number)]
    numbers = [str(n + 1) for n in range(number)]
    assert re.findall(r"\[(\d+)\]", reading.text) == numbers * 2
    assert reading.count("mark") == number
    # Each marker leads to a card, and each card back to its marker.
    ids = {attributes["id"]: tag for tag, attributes in reading.elements if "id" in attributes}
    assert [ids[link[1:]] for link in reading.links("pc-marker")] == ["li"] * number
    assert [ids[link[1:]] for link in reading.links("pc-number")] == ["a"] * number
    assert len(set(reading.links("pc-marker"))) == number
    assert reading.count("li") == number


def test_two_quotes_of_one_article_and_no_address() -> None:
    first = cite(RECOUNT, "Thirty-six agreements were signed, the ministry said.", "Thirty-six")
    second = cite(RECOUNT, "Over 30 were signed, aides said.", "Over 30")
    reading = read(render_answer(answered("How many?", Candidate("36", 0.5, (first, second)))))
    links = reading.links("pc-title")
    assert len(set(links)) == 2
    assert all(link.startswith("/articles/folder%2Frecount%20%232%3F?start=") for link in links)
    assert reading.links("pc-publisher") == []
    bare = replace(RECOUNT, title=None, outlet=None, published=None)
    quote = replace(first, article=bare)
    assert (
        "Untitled article" in read(render_answer(answered("?", Candidate("36", 1, (quote,))))).text
    )


def test_what_an_article_retells_stands_beside_its_byline() -> None:
    desk = replace(
        TREATY, outlet="A desk", url=None, retells="a report by <b>Coast</b>, 1 May 2023"
    )
    one = Candidate("Maria Okafor", 0.9, (cite(desk, "Maria Okafor chaired", "Maria Okafor"),))
    told = "after a report by <b>Coast</b>, 1 May 2023"
    answer = answered("Who chaired?", one)
    reading = read(render_answer(answer))
    assert f"A desk · 12 December 2023 · {told}" in reading.text
    assert reading.links("pc-publisher") == []
    assert f"Ann Lee · {told}" in Reading(render_article(desk)).text
    silent = replace(answer, abstained=True)
    assert told in read(render_answer(silent)).text
    assert 'class="retells"' not in render_article(RECOUNT)
    console = Console(file=StringIO(), width=200)
    print_answer(console, answer)
    assert f"{told}\n" in console.file.getvalue()
    assert article_json(desk, with_text=True)["retells"] == desk.retells
    assert article_json(TREATY, with_text=False)["retells"] is None


PAGED = replace(
    TREATY, id="paged", url="https://coast.example/minutes.pdf",
    text="One began.\n\nTwo went on and on over\nits end and more.\n\nFour came.", pages=(0, 26, 30, 30, 55),
)  # fmt: skip


def test_a_citation_of_a_paginated_document_says_its_page() -> None:
    one = Candidate("end", 0.9, (cite(PAGED, "its end and more.", "end"),))
    answer = answered("What?", one)
    reading = read(render_answer(answer))
    assert "12 December 2023 · page 4" in reading.text
    assert "page 1" in read(render_answer(replace(answer, abstained=True))).text
    console = Console(file=StringIO(), width=200)
    print_answer(console, answer)
    assert "· page 4\n" in console.file.getvalue()
    assert answer_json(answer)["citations"][0]["page"] == 4
    # A document of one page, which may be a newspaper's seventh, says none.
    single = replace(PAGED, pages=(0,))
    one = Candidate("end", 0.9, (cite(single, "its end and more.", "end"),))
    assert "· page" not in read(render_answer(answered("What?", one))).text


def test_pages_are_marked_on_the_page_of_a_document() -> None:
    quote = PAGED.text.index("Two"), PAGED.text.index(" and more")
    page = Reading(render_article(PAGED, [Highlight(*quote)]))
    marks = [(tag, a["id"]) for tag, a in page.elements if (a.get("id") or "").startswith("page-")]
    # The second begins in a line, where the third has no text and the fourth begins; so does the fifth.
    assert marks == [("p", "page-1"), *(("span", f"page-{n}") for n in (2, 3, 4)), ("p", "page-5")]
    assert "5 pages, the quote on page 1" in page.text
    inside = [a["href"] for tag, a in page.elements if tag == "a" and a["href"].startswith("#")]
    assert inside == ["#page-1"]
    shown = re.sub(r"Page \d", "", page.text)
    assert all(line in shown for line in PAGED.text.split("\n"))
    assert "page-" not in render_article(replace(PAGED, pages=(0,)))
    assert "page-" not in render_article(TREATY)


@pytest.mark.parametrize("start", range(0, 66, 5))
def test_every_page_is_marked_once_wherever_the_quote_is(start: int) -> None:
    text = PAGED.text
    for pages in (
        (0, 12, 12, 24, 47),
        tuple(range(0, len(text) + 1, 3)),
        (0, 11, 36, 37, len(text)),
    ):
        article = replace(PAGED, pages=pages)
        for light in (
            Highlight(start, start + 3, start + 1, start + 2),
            Highlight(start, len(text)),
        ):
            page = Reading(render_article(article, [light]))
            marks = [a["id"] for _, a in page.elements if (a.get("id") or "").startswith("page-")]
            assert marks == [f"page-{n + 1}" for n in range(len(pages))]


def test_answers_that_differ_stand_in_the_order_given() -> None:
    first = cite(RECOUNT, "Thirty-six agreements were signed, the ministry said.", "Thirty-six")
    second = cite(RECOUNT, "Over 30 were signed, aides said.", "Over 30")
    answer = answered(
        "?",
        Candidate("Thirty-six", 0.6, (first,)),
        Candidate("Over 30", 0.3, (second,), relation="different"),
    )
    html = render_answer(answer)
    reading = read(html)
    assert reading.text.index("Thirty-six") < reading.text.index("Over 30")
    assert "different answers" in reading.text
    assert re.findall(r"\[(\d+)\]", reading.text) == ["1", "1", "2", "2"]
    assert re.findall(r"(\d+) % sure", reading.text) == ["60", "30"]


def test_abstaining_shows_the_nearest_passages_as_such() -> None:
    reading = read(render_answer(abstained("Tea?")))
    assert "The articles don’t say." in reading.text
    assert "Not an answer, but close" in reading.text
    assert "open" not in next(a for tag, a in reading.elements if tag == "details")
    assert reading.links("pc-title") == ["/articles/treaty-1?start=0&end=24#quote"]
    assert reading.count("mark") == 0
    nothing = Answer("Tea?", None, (), True, (), {})
    assert "No passage comes near" in read(render_answer(nothing)).text


def test_rewritten_question_is_shown() -> None:
    one = Candidate("Maria Okafor", 0.9, (cite(TREATY, "Maria Okafor chaired", "Maria Okafor"),))
    text = read(render_answer(answered("And who?", one, standalone="Who chaired?"))).text
    assert "Understood as: Who chaired?" in text
    assert "Understood" not in read(render_answer(answered("Who chaired?", one))).text


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//evil.example/",
        "/relative",
        "https:///nohost",
        "https://",
        "https://user@evil.example/",
        "https://user:pw@evil.example/",
        "https://@evil.example/",
        "https://good.example\\@evil.example/",
        "https://good.example/\x00",
        "https://good.example/\u202etxt",
        "https://good.example/a b",
        'https://good.example/"onclick=',
        "https://[::1",
        "https://good.example:port/",
        "ftp://good.example/",
        "",
        None,
    ],
)
def test_unsafe_address_is_no_link(url: str | None) -> None:
    assert safe_url(url) is None


def test_safe_address_is_kept_and_its_fragment_preferred() -> None:
    link = "https://coast.example/2023/pact#:~:text=Maria%20Okafor,rules."
    assert safe_url(link) == link
    assert safe_url("http://[2001:db8::1]:8080/báo?a=1&b=2")
    citation = replace(cite(TREATY, "Maria Okafor chaired", "Maria Okafor"), link=link)
    reading = read(render_answer(answered("?", Candidate("Maria Okafor", 1, (citation,)))))
    assert reading.links("pc-publisher") == [link]


def test_escape_keeps_letters_of_every_script() -> None:
    assert escape("Nguyễn 東京, 36") == "Nguyễn 東京, 36"
    assert escape("a<b\n\x00") == "a&#60;b&#10;&#65533;"


def test_json_contract() -> None:
    citation = cite(TREATY, "Maria Okafor chaired", "Maria Okafor")
    record = answer_json(answered("Who?", Candidate("Maria Okafor", 0.9, (citation,))))
    assert " ".join(record) == (
        "id question standalone_question answer confidence citations alternatives passages "
        "timings_ms as_of time_gap threshold overview outlet"
    )
    assert " ".join(record["citations"][0]) == (
        "article_id title outlet published url collection source quote start end answer_start answer_end "
        "link page hash copies also_in speaker in_quotes"
    )
    assert record["citations"][0]["source"] == "/news/pact.txt"
    assert record["citations"][0]["published"] == "2023-12-12"
    assert " ".join(passage_json(passage(RECOUNT))) == (
        "article_id title outlet published url collection start end text score"
    )
    silent = answer_json(abstained("Tea?"))
    assert (silent["answer"], silent["citations"], silent["alternatives"]) == (None, [], [])
    assert len(silent["passages"]) == 1
    assert "text" not in article_json(RECOUNT, with_text=False)
    bare = article_json(replace(RECOUNT, published=None), with_text=True)
    assert bare["published"] is None
    assert bare["text"] == RECOUNT.text


def test_quote_over_two_paragraphs_is_marked_in_both() -> None:
    article = Article(id="x", text="First line ends.\n\nSecond line goes on.\nThird.")
    page = render_article(article, [Highlight(6, 30, 11, 24)])
    assert page.count('class="quote"') == 2
    assert page.count('id="quote"') == 1
    assert page.count("<mark>") == 2


def test_who_says_it_stands_under_the_quote() -> None:
    quote = cite(TREATY, "Maria Okafor chaired the session on harbour rules.", "harbour rules")
    spoken = replace(quote, speaker="Maria Okafor", in_quotes=True)
    told = replace(quote, speaker="Maria Okafor")
    for citation, words in (
        (spoken, "According to Maria Okafor, in the speaker’s own words"),
        (told, "According to Maria Okafor, as the reporter retells it"),
        (quote, ""),
    ):
        answer = answered("?", Candidate("harbour rules", 0.9, (citation,)))
        console = Console(file=StringIO(), width=200)
        print_answer(console, answer)
        for shown in (read(render_answer(answer)).text, console.file.getvalue()):
            assert words in shown
            assert ("According to" in shown) is bool(words)
        record = answer_json(answer)["citations"][0]
        assert (record["speaker"], record["in_quotes"]) == (citation.speaker, citation.in_quotes)


def test_the_sentences_around_a_quote_unfold() -> None:
    answer = answered(
        "?", Candidate("Maria Okafor", 0.9, (cite(TREATY, "Maria Okafor chaired", "Maria Okafor"),))
    )
    quote = "Maria Okafor chaired the session on harbour rules."
    whole = answered("?", Candidate("Maria", 0.9, (cite(TREATY, quote, "Maria"),)))
    text = read(render_answer(whole)).text
    assert (
        f"Line 59 of the long minutes was read aloud and agreed. {quote} Nobody objected." in text
    )
    assert "sentences around" in read(render_answer(answer)).text
    alone = Article(id="one", text="It rained.")
    one = answered("?", Candidate("rained", 0.9, (cite(alone, "It rained.", "rained"),)))
    assert "sentences around" not in render_answer(one)


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (0.95, "Almost certainly right"),
        (0.8, "Very likely right"),
        (0.55, "Likely right"),
        (0.3, "Uncertain"),
    ],
)
def test_confidence_is_said_in_words_with_its_number_folded(confidence: float, words: str) -> None:
    one = Candidate("Maria", confidence, (cite(TREATY, "Maria Okafor chaired", "Maria"),))
    reading = read(render_answer(answered("?", one)))
    assert words in reading.text
    assert reading.text.index(words) < reading.text.index(f"{round(100 * confidence)} % sure")
    assert "How sure" in reading.text


def test_an_abstention_by_a_hair_says_how_near_the_best_came() -> None:
    near = replace(abstained("What is the price of tea in Hanoi?"), threshold=0.51)
    best = replace(near.candidates[0], confidence=0.46)
    near = replace(near, candidates=(best,))
    far = replace(near, candidates=(replace(best, confidence=0.1),))
    text = read(render_answer(near)).text
    assert "Nothing answers this surely enough." in text
    assert "The best that was found is 46 % sure; 51 % is asked for." in text
    assert "don’t say" not in text
    assert "Looked for: price, tea, Hanoi. Not in what is nearest: price, tea, Hanoi." in text
    assert "The articles don’t say." in read(render_answer(far)).text
    assert answer_json(near)["threshold"] == 0.51


def test_an_abstention_suggests_what_the_nearest_articles_answer() -> None:
    near = passage(TREATY, TREATY.text.index("Maria"), TREATY.text.index("Nobody"))
    silent = replace(
        abstained("What did Maria Okafor pay for Hanoi tea?"),
        passages=(near,),
        as_of=date(2024, 5, 1),
    )
    reading = read(render_answer(silent))
    question = "What do the articles say about Maria Okafor?"
    assert question in reading.text
    assert reading.links("pc-suggestion") == [
        "/ask?q=What+do+the+articles+say+about+Maria+Okafor%3F&as_of=2024-05-01"
    ]
    assert "Looked for: Maria Okafor, pay, Hanoi, tea." in reading.text
    console = Console(file=StringIO(), width=200)
    print_answer(console, silent)
    assert f"You could ask: {question}" in console.file.getvalue()
    assert "You could ask" not in read(render_answer(abstained("Tea?"))).text


def test_an_overview_lists_its_quotes_as_cards() -> None:
    quotes = tuple(
        cite(TREATY, words, words) for words in ("The council met at dawn.", "Nobody objected.")
    )
    answer = Answer("?", None, (), True, (), {}, overview=quotes, topic="the council")
    reading = read(render_answer(replace(answer, outlet="Coast Gazette")))
    assert "What Coast Gazette says about the council: 2 quotes, oldest first" in reading.text
    assert "Only articles of Coast Gazette were searched" in reading.text
    assert reading.count("mark") == 0
    assert reading.count("blockquote") == 2
    assert "don’t say" not in reading.text
    record = answer_json(answer)
    assert [one["quote"] for one in record["overview"]] == [q.quote for q in quotes]
    assert record["answer"] is None
    nothing = read(render_answer(replace(answer, overview=())))
    assert "No article says anything about this." in nothing.text
    console = Console(file=StringIO(), width=200)
    print_answer(console, answer)
    assert "What the articles say about the council: 2 quotes" in console.file.getvalue()


def test_two_messages_of_one_question_have_anchors_of_their_own() -> None:
    one = Candidate("Maria", 0.9, (cite(TREATY, "Maria Okafor chaired", "Maria"),))
    answer = answered("?", one)
    first, second = (read(render_answer(answer, key)).links("pc-marker") for key in ("1", "2"))
    assert first != second
    assert render_answer(answer, "1") == render_answer(answer, "1")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_speakers_topics_and_outlets_add_no_element(payload: str) -> None:
    article = hostile_article(payload)
    whole = Citation(article, article.text, 0, len(article.text), 0, len(article.text))
    spoken = replace(whole, speaker=payload, in_quotes=True)
    one = Candidate(payload, 0.5, (spoken,), relation=None)
    for answer in (
        answered(payload, one, replace(one, relation="also")),
        answered(payload, one, replace(one, relation="different")),
        Answer(payload, None, (), True, (), {}, overview=(spoken,), topic=payload, outlet=payload),
        Answer(
            payload, None, (one,), True, (), {}, overview=(spoken,), topic=payload, speaker=payload
        ),
    ):
        html = render_answer(answer)
        read(html)
        assert not re.search(r"[`*_\[\]$\\{}|~!]", html.replace("_blank", ""))
