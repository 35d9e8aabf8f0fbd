"""When answers were reported: how it is worded, what stands as earlier, in the chat and the terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from rich.console import Console

from rag.types import Answer, Article, Candidate, Reprint, TimeGap
from tests.ui.library import abstained, answered, cite, passage
from tests.ui.web.test_render import PAYLOADS, read
from ui.cli.terminal import print_answer, print_passage
from ui.reported import age, beside_and_earlier, gap_line, reported
from ui.serialize import answer_json
from ui.web.article_page import render_article
from ui.web.render import render_answer

ASKED = date(2026, 11, 26)


def article(figure: str, day: str | None, outlet: str | None = "Lake Wire") -> Article:
    published = date.fromisoformat(day) if day else None
    text = f"The drill had {figure} boats."
    return Article(id=f"{figure}-{day}", text=text, outlet=outlet, published=published)


def told(figure: str, day: str | None, confidence: float = 0.5) -> Candidate:
    found = article(figure, day)
    return Candidate(figure, confidence, (cite(found, found.text, figure),))


def asked(candidates: Sequence[Candidate], gap: TimeGap | None = None) -> Answer:
    return replace(answered("How many boats?", *candidates), as_of=ASKED, time_gap=gap)


def printed(answer: Answer) -> str:
    stream = io.StringIO()
    print_answer(Console(file=stream, width=200), answer)
    return stream.getvalue()


def test_chat_and_terminal_name_one_thing_alike() -> None:
    answer = replace(asked([told("12", "2026-01-01", 0.934)]), standalone_question="How many?")
    for shown in (printed(answer), read(render_answer(answer)).text):
        assert "Understood as: How many?" in shown
        assert "93 % sure" in shown
    silent = replace(abstained("Why?"), as_of=ASKED)
    for shown in (printed(silent), read(render_answer(silent)).text):
        assert "The articles don’t say." in shown
        assert "The nearest passages, which do not answer it" in shown


@pytest.mark.parametrize(
    ("copies", "line"), [(0, None), (1, "copied by 1 other"), (3, "copied by 3 others")]
)
def test_copies_of_a_story_are_counted_and_folded(copies: int, line: str | None) -> None:
    quote = "The drill had 12 boats."
    own = replace(cite(article("12", None), quote, "12"), copy_group=7)
    again = [
        replace(own, article=replace(own.article, id=f"copy{n}", title=f"Copy {n}"))
        for n in range(copies)
    ]
    apart = replace(
        own, article=replace(own.article, id="apart", title="A report of its own"), copy_group=8
    )
    answer = asked([Candidate("12", 0.5, (own, *again, *again, own, apart))])
    for shown in (printed(answer), read(render_answer(answer)).text):
        assert ("copied by" in shown) is (line is not None)
        assert (line or "") in shown
        assert "Copy 0" not in shown
        assert "A report of its own" in shown
    assert "3 quotes" in read(render_answer(answer)).text


@pytest.mark.parametrize(
    ("outlets", "line"),
    [
        (["Hill Post"], "also in 1 outlet: Hill Post"),
        (["Hill Post", "LAKE WIRE", "hill post"], "also in 1 outlet: Hill Post"),
        (["B", None, "A", "C"], "also in 3 outlets: B, A, C"),
        (["A", "B", "C", "D"], "also in 4 outlets"),
        ([None, "Lake Wire"], "copied by 2 others"),
    ],
)
def test_an_answer_says_where_else_its_story_stands(outlets: list[str | None], line: str) -> None:
    quote = "The drill had 12 boats."
    reprints = tuple(Reprint(f"r{n}", outlet) for n, outlet in enumerate(outlets))
    own = replace(cite(article("12", None), quote, "12"), copy_group=7, reprints=reprints)
    again = replace(own, article=replace(own.article, id="r0", title="Copy"))
    answer = asked([Candidate("12", 0.5, (own, again, own))])
    for shown in (printed(answer), read(render_answer(answer)).text):
        assert shown.count(line) == 1
        assert "also in" not in shown.replace(line, "")
    record = answer_json(answer)["citations"][0]
    assert record["copies"] == len(outlets)
    assert record["also_in"] == list(own.also_in)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_names_of_other_outlets_add_no_element(payload: str) -> None:
    own = replace(
        cite(article("12", None), "The drill had 12 boats.", "12"),
        copy_group=7,
        reprints=(Reprint("r", payload),),
    )
    answer = asked([Candidate("12", 0.5, (own,))])
    assert "also in 1 outlet: " in read(render_answer(answer)).text
    assert "\x1b" not in printed(answer)


@pytest.mark.parametrize(
    ("published", "as_of", "words"),
    [
        ("2023-12-12", "2026-11-26", "2 years 11 months before the day asked"),
        ("2025-11-26", "2026-11-26", "1 year before the day asked"),
        ("2026-08-20", "2026-11-26", "3 months before the day asked"),
        ("2026-09-27", "2026-11-26", "60 days before the day asked"),
        ("2026-11-25", "2026-11-26", "1 day before the day asked"),
        ("2026-11-26", "2026-11-26", "on the day asked"),
        ("2020-02-29", "2024-02-28", "3 years 11 months before the day asked"),
        ("0001-01-01", "9999-12-31", "9998 years 11 months before the day asked"),
    ],
)
def test_age(published: str, as_of: str, words: str) -> None:
    assert age(date.fromisoformat(published), date.fromisoformat(as_of)) == words


def test_reported() -> None:
    assert reported(article("1", "2023-12-12"), None) == "Reported 12 December 2023"
    assert reported(article("1", None), ASKED) == "Reported in an undated article"


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-11-20", "2026-11-26", "from 20 to 26 November 2026"),
        ("2026-10-27", "2026-11-26", "from 27 October to 26 November 2026"),
        ("2025-12-30", "2026-01-02", "from 30 December 2025 to 2 January 2026"),
        ("2026-11-26", "2026-11-26", "on 26 November 2026"),
        ("2022-01-01", "2022-12-31", "in 2022"),
        ("1990-01-01", "1999-12-31", "from 1990 to 1999"),
        (None, "2018-12-31", "up to 31 December 2018"),
    ],
)
def test_gap(start: str | None, end: str, words: str) -> None:
    first = date.fromisoformat(start) if start else None
    gap = TimeGap(first, date.fromisoformat(end), date(2024, 2, 10))
    assert gap_line(gap) == (
        f"Nothing that was found on this was published {words}; "
        "the nearest report is of 10 February 2024."
    )
    assert gap_line(gap, answered=True) == (
        f"Nothing that was found on this was published {words}."
    )


def test_a_gap_is_said_in_chat_terminal_and_json() -> None:
    gap = TimeGap(date(2026, 11, 20), ASKED, date(2024, 2, 10))
    for answer in (asked([told("12", "2024-02-10")], gap), replace(abstained("?"), time_gap=gap)):
        for shown in (read(render_answer(answer)).text, printed(answer)):
            assert gap_line(gap, answered=not answer.abstained) in shown
        assert answer_json(answer)["time_gap"] == {
            "start": "2026-11-20", "end": "2026-11-26", "nearest": "2024-02-10",
        }  # fmt: skip
    record = answer_json(asked([told("12", "2024-02-10")]))
    assert (record["as_of"], record["time_gap"]) == ("2026-11-26", None)


def test_older_answers_stand_below_newest_first_undated_last() -> None:
    answer = asked(
        [
            told("40", "2024-02-10", 0.9),
            told("15", "2021-05-05"),
            told("7", None),
            told("30", "2023-05-05"),
        ]
    )
    beside, earlier = beside_and_earlier(answer)
    assert beside == []
    assert [other.text for other in earlier] == ["30", "15", "7"]
    html = read(render_answer(answer))
    assert html.text.index("40 boats") < html.text.index("Earlier reports")
    list_of_them = html.text.partition("Earlier reports")[2]
    assert list_of_them == (
        "5 May 2023 · Lake Wire · 305 May 2021 · Lake Wire · 15undated · Lake Wire · 7"
    )
    assert "different answers" not in html.text
    shown = printed(answer)
    assert shown.index("40") < shown.index("Reported 10 February 2024, 2 years 9 months before")
    assert shown.partition("Earlier reports:\n")[2].splitlines() == [
        "  5 May 2023 · Lake Wire: 30",
        "  5 May 2021 · Lake Wire: 15",
        "  undated · Lake Wire: 7",
    ]


def test_newer_answers_and_those_of_the_day_stand_beside() -> None:
    answer = asked([told("40", "2024-02-10"), told("41", "2024-02-10"), told("42", "2025-01-01")])
    assert [other.text for other in beside_and_earlier(answer)[0]] == ["41", "42"]
    html = read(render_answer(answer))
    assert "different answers" in html.text
    assert "Earlier reports" not in html.text
    assert html.text.index("40 boats") < html.text.index("41 boats") < html.text.index("42 boats")
    assert printed(answer).count("Another answer, ") == 2
    undated = asked([told("40", None), told("41", "2020-01-01")])
    assert [other.text for other in beside_and_earlier(undated)[0]] == ["41"]


def test_an_article_without_a_date_says_so() -> None:
    answer = asked([told("40", None)])
    assert "Lake Wire · undated" in read(render_answer(answer)).text
    assert "Lake Wire · undated" in printed(answer)
    assert "Reported in an undated article" in printed(answer)
    assert "undated" in render_article(article("40", None))
    stream = io.StringIO()
    print_passage(Console(file=stream, width=200), passage(article("40", None, outlet=None)))
    assert "undated · 40-None" in stream.getvalue()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_earlier_reports_add_no_element(payload: str) -> None:
    hostile = replace(article("7", "2020-01-01", payload), text=f"It had {payload} boats.")
    old = Candidate(payload, 0.5, (cite(hostile, hostile.text, payload),))
    html = render_answer(asked([told("40", "2024-02-10"), old]))
    assert "Earlier reports" in read(html).text
    printed(asked([told("40", "2024-02-10"), old]))


@pytest.mark.parametrize(
    ("question", "headed"),
    [
        ("Is the bridge open again?", True),
        ("did the union accept the offer", True),
        ("Wasn't the vote held on Tuesday?", True),
        ("Who opened the bridge?", False),
        ("How many voted?", False),
    ],
)
def test_a_yes_or_no_question_gets_the_quote_that_settles_it_under_a_heading(
    question: str, headed: bool
) -> None:
    answer = replace(asked([told("40", "2024-02-10")]), question=question)
    assert ("The articles say:" in read(render_answer(answer)).text) is headed
    assert ("The articles say:" in printed(answer)) is headed
