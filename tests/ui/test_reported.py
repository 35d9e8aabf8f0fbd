"""When answers were reported: how it is worded, what stands as earlier, in the chat and the terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from rich.console import Console

from rag.text.sentences import sentence_spans
from rag.types import Answer, Article, Candidate, Filters, Relation, Reprint, TimeGap
from tests.ui.library import TREATY, abstained, answered, cite, passage
from tests.ui.web.test_render import PAYLOADS, read
from ui.cli.terminal import print_answer, print_passage
from ui.interface_text import words_of
from ui.reported import (
    age,
    gap_line,
    independent_outlets,
    reported,
    searched_line,
    searched_under,
    sentences_around,
    silence,
    standing_of,
)
from ui.serialize import answer_json
from ui.web.article_page import render_article
from ui.web.render import render_answer

ASKED = date(2026, 11, 26)


def article(figure: str, day: str | None, outlet: str | None = "Lake Wire") -> Article:
    published = date.fromisoformat(day) if day else None
    text = f"The drill had {figure} boats."
    return Article(id=f"{figure}-{day}", text=text, outlet=outlet, published=published)


def told(
    figure: str, day: str | None, confidence: float = 0.5, relation: Relation | None = None
) -> Candidate:
    found = article(figure, day)
    return Candidate(figure, confidence, (cite(found, found.text, figure),), relation)


def asked(candidates: Sequence[Candidate], gap: TimeGap | None = None) -> Answer:
    return replace(answered("How many boats?", *candidates), as_of=ASKED, time_gap=gap)


def printed(answer: Answer, filters: Filters | None = None, searched: int | None = None) -> str:
    stream = io.StringIO()
    print_answer(Console(file=stream, width=200), answer, filters, searched)
    return stream.getvalue()


def test_a_quote_with_marks_of_its_own_gets_no_others() -> None:
    said = article("12", "2026-01-01")
    said = replace(said, text="“We had 12 boats,” she said.")
    candidate = Candidate("12", 0.9, (cite(said, said.text, "12"),))
    assert printed(asked([candidate])).startswith("“We had 12 boats,” she said.\n")
    assert "“The drill had 12 boats.”" in printed(asked([told("12", "2026-01-01")]))


def test_chat_and_terminal_name_one_thing_alike() -> None:
    answer = replace(asked([told("12", "2026-01-01", 0.934)]), standalone_question="How many?")
    for shown in (printed(answer), read(render_answer(answer)).text):
        assert "Understood as: How many?" in shown
        assert "93 % sure" in shown
    silent = replace(abstained("Why?"), as_of=ASKED)
    for shown in (printed(silent), read(render_answer(silent)).text):
        assert "The articles don’t say." in shown
        assert "Not an answer, but close" in shown


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


def test_what_changed_stands_below_newest_first_undated_told_apart() -> None:
    answer = asked(
        [
            told("40", "2024-02-10", 0.9),
            told("15", "2021-05-05", relation="changed"),
            told("7", None, relation="changed"),
            told("30", "2023-05-05", relation="changed"),
        ]
    )
    standing = standing_of(answer)
    assert [other.text for other in standing.earlier] == ["30", "15"]
    assert [other.text for other in standing.undated] == ["7"]
    assert standing.different == standing.also == ()
    html = read(render_answer(answer))
    assert html.text.index("40 boats") < html.text.index("Earlier reports")
    list_of_them = html.text.partition("Earlier reports")[2]
    assert list_of_them == (
        "5 May 2023 · Lake Wire · 305 May 2021 · Lake Wire · 15"
        "Reports without a dateundated · Lake Wire · 7"
    )
    assert "different answers" not in html.text
    shown = printed(answer)
    assert shown.index("40") < shown.index("Reported 10 February 2024, 2 years 9 months before")
    assert shown.partition("Earlier reports:\n")[2].splitlines() == [
        "  5 May 2023 · Lake Wire: 30",
        "  5 May 2021 · Lake Wire: 15",
        "Reports without a date:",
        "  undated · Lake Wire: 7",
    ]


def test_an_answer_is_dated_by_its_newest_report_as_its_earlier_reports_are() -> None:
    first, again = told("40", "2020-01-01"), told("40", "2024-01-01")
    best = replace(first, citations=first.citations + again.citations)
    answer = asked([best, told("15", "2022-05-05", relation="changed")])
    line = "before the day asked; newest dated report: 1 January 2024"
    for shown in (printed(answer), read(render_answer(answer)).text):
        assert "Reported 1 January 2020, 6 years 10 months " + line in shown
        assert "5 May 2022" in shown.partition("Earlier reports")[2]
    newest_first = replace(best, citations=best.citations[::-1])
    for shown in (printed(asked([newest_first])), read(render_answer(asked([newest_first]))).text):
        assert "Reported 1 January 2024" in shown
        assert "newest" not in shown
    for language, words in (
        ("vi", "bài có ngày mới nhất: 1/1/2024"),
        ("zh", "最新报道：2024年1月1日"),
    ):
        assert words in read(render_answer(answer, words=words_of(language))).text


def test_nothing_is_called_earlier_than_an_answer_without_a_date() -> None:
    rivals = [
        told(figure, day, relation="changed")
        for figure, day in (("15", "2026-05-05"), ("7", None), ("30", "2026-08-08"))
    ]
    answer = asked([told("40", None), *rivals])
    assert [other.text for other in standing_of(answer).dated] == ["30", "15"]
    assert standing_of(answer).earlier == ()
    for shown in (printed(answer), read(render_answer(answer)).text):
        assert "Reported in an undated article" in shown
        assert "Earlier reports" not in shown
        order = ("40 boats", "Reports with a date", "30", "15", "Reports without a date")
        assert sorted(map(shown.rindex, order)) == [shown.rindex(part) for part in order]
    for language, heading in (("vi", "Các bài có ngày"), ("zh", "有日期的报道")):
        assert heading in read(render_answer(answer, words=words_of(language))).text


def test_only_what_cannot_be_true_beside_the_answer_is_called_different() -> None:
    answer = asked(
        [
            told("40", "2024-02-10"),
            told("41", "2024-02-10", relation="different"),
            told("42", "2025-01-01", relation="also"),
            told("43", "2025-01-01", relation="changed"),
        ]
    )
    standing = standing_of(answer)
    assert [other.text for other in standing.different] == ["41"]
    assert [other.text for other in standing.also] == ["42", "43"]
    html = read(render_answer(answer))
    assert "different answers" in html.text
    assert "Earlier reports" not in html.text
    order = ("40 boats", "41 boats", "Also in the articles", "42 boats", "43 boats")
    assert sorted(map(html.text.index, order)) == [html.text.index(part) for part in order]
    assert printed(answer).count("Another answer, ") == 1
    other = asked([told("40", None), told("41", "2020-01-01", relation="also")])
    assert "different" not in read(render_answer(other)).text + printed(other)
    assert answer_json(answer)["alternatives"][0]["relation"] == "different"


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
    old = Candidate(payload, 0.5, (cite(hostile, hostile.text, payload),), "changed")
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


def test_outlets_that_report_by_themselves_are_counted() -> None:
    quote = "The drill had 12 boats."
    own = replace(cite(article("12", None), quote, "12"), copy_group=7)
    other = replace(own, article=replace(own.article, id="o", outlet="Hill Post"), copy_group=8)
    copy = replace(own, article=replace(own.article, id="c", outlet="Coast News"), copy_group=7)
    again = replace(own, article=replace(own.article, id="a", outlet="LAKE WIRE"), copy_group=9)
    html = render_answer(asked([Candidate("12", 0.5, (own, copy, other, again))]))
    assert "3 quotes from 2 independent outlets" in read(html).text
    alone = render_answer(asked([Candidate("12", 0.5, (own, copy))]))
    assert "independent" not in read(alone).text


@pytest.mark.parametrize(
    ("articles", "count"),
    [
        ([(None, None), (None, None)], 0),
        ([("Hill Post", None), (None, None)], 1),
        ([("Lake Wire", None), ("Desk", "a report by Lake Wire, 1 January 2026")], 1),
        ([("Hill Post", None), ("Desk", "a report by Lake Wire, 1 January 2026")], 2),
        ([("Hill Post", None), ("Desk", "the reports of several newspapers")], 1),
        ([("The Hill Post", None), ("Hill Post", None)], 1),
        ([("Hà Nội Mới", None), ("Ha Noi Moi", None)], 1),
    ],
)
def test_only_known_outlets_are_independent_each_counted_once(
    articles: list[tuple[str | None, str | None]], count: int
) -> None:
    cited = cite(article("12", None), "The drill had 12 boats.", "12")
    citations = tuple(
        replace(
            cited, article=replace(cited.article, id=str(number), outlet=outlet, retells=retells)
        )
        for number, (outlet, retells) in enumerate(articles)
    )
    candidate = Candidate("12", 0.5, citations)
    assert independent_outlets(candidate) == count
    shown = read(render_answer(asked([candidate]))).text
    assert ("independent" in shown) is (count > 1)


@pytest.mark.parametrize(
    ("relation", "name"), [("also", "Also in the articles"), ("changed", "Earlier reports")]
)
def test_other_answers_say_who_speaks(relation: Relation, name: str) -> None:
    other = told("12", "2026-01-01")
    spoken = replace(other.citations[0], speaker="Aldo Reik", in_quotes=True)
    other = replace(other, citations=(spoken,), relation=relation)
    answer = asked([told("13", "2026-02-01"), other])
    for shown in (printed(answer), read(render_answer(answer)).text):
        assert "According to Aldo Reik, in the speaker’s own words" in shown.split(name)[1]
    overview = replace(asked([]), abstained=True, topic="the drill", overview=(spoken,))
    for shown in (printed(overview), read(render_answer(overview)).text):
        assert "According to Aldo Reik" in shown


def test_an_earlier_report_is_dated_by_its_original() -> None:
    original = replace(told("12", "2026-01-01").citations[0], copy_group=7)
    copy = replace(told("12", "2026-01-02").citations[0], copy_group=7)
    for cited in ((original, copy), (copy, original)):
        assert Candidate("12", 0.5, cited).reported == date(2026, 1, 1)
    newer = told("12", "2026-01-03").citations[0]
    assert Candidate("12", 0.5, (original, copy, newer)).newest == newer


@pytest.mark.parametrize(
    ("best", "least", "language", "line"),
    [
        (0.6, 0.63, "en", "found is 60 % sure; 63 % is asked for."),
        (0.6268, 0.63, "en", "found is 62.7 % sure; 63.0 % is asked for."),
        (0.6296, 0.63, "en", "found is 62.96 % sure; 63.00 % is asked for."),
        (0.6268, 0.63, "vi", "chắc chắn 62,7%; mức yêu cầu là 63,0%."),
        (0.6268, 0.63, "zh", "62.7% 把握；要求达到 63.0%。"),
    ],
)
def test_a_confidence_just_too_low_reads_lower(
    best: float, least: float, language: str, line: str
) -> None:
    answer = replace(asked([told("12", "2026-01-01", best)]), abstained=True, threshold=least)
    _, near = silence(answer, words_of(language))
    assert near.endswith(line)
    assert silence(replace(answer, threshold=best + 1e-12))[1].startswith("The best")


def test_anothers_words_are_not_passed_off_as_those_asked_for() -> None:
    answer = asked([told("7", "2026-02-01")])
    lead = answer.candidates[0]
    spoken = replace(lead.citations[0], speaker="Aldo Reik", in_quotes=True)
    answer = replace(answer, candidates=(replace(lead, citations=(spoken,)),), speaker="Brandt")
    said = "These are words of Aldo Reik; none of Brandt were found that answer."
    assert said in read(render_answer(answer)).text
    assert said in printed(answer)
    assert said not in read(render_answer(replace(answer, speaker="Reik"))).text


@pytest.mark.parametrize(
    ("filters", "count", "line"),
    [
        (Filters(outlet="Lake Wire"), 12, "Only 12 articles were searched: outlet Lake Wire."),
        (Filters(outlet="Lake Wire"), 1, "Only 1 article was searched: outlet Lake Wire."),
        (Filters(outlet="Lake Wire"), 0, "No article passes the filters: outlet Lake Wire."),
        (Filters(language="de"), None, "Only articles under filters were searched: language de."),
        (Filters(as_of=ASKED), 3, None),
        (Filters(), None, None),
    ],
)
def test_an_abstention_under_filters_says_what_was_searched(
    filters: Filters, count: int | None, line: str | None
) -> None:
    asked_about = replace(abstained("Why?"), as_of=ASKED)
    nothing = replace(asked_about, topic="tea", candidates=())
    for silent in (asked_about, nothing):
        html = render_answer(silent, filters=filters, searched=count)
        for shown in (read(html).text, printed(silent, filters, count)):
            assert (line or "") in shown
            assert ("searched" in shown or "passes" in shown) is (line is not None)
    given = replace(asked([told("12", "2026-01-01")]), abstained=False)
    assert "searched" not in render_answer(given, filters=filters, searched=count)
    for language in ("vi", "zh"):
        told_in = searched_line(filters, count, words_of(language))
        assert (told_in is None) is (line is None)


def test_an_outlet_that_the_question_names_is_among_the_filters_told() -> None:
    silent = replace(abstained("What does the Hill Post say?"), as_of=ASKED, outlet="Hill Post")
    since = Filters(since=date(2024, 1, 1))
    line = "No article passes the filters: since 2024-01-01, outlet Hill Post."
    for shown in (
        read(render_answer(silent, filters=since, searched=0)).text,
        printed(silent, since, 0),
    ):
        assert line in shown
    for filters in (Filters(), Filters(as_of=ASKED)):
        html = read(render_answer(silent, filters=filters, searched=None)).text
        assert html.count("searched") == html.count("Only articles of Hill Post were searched") == 1
    assert searched_under(silent, since) == replace(since, outlet="Hill Post", as_of=ASKED)


def test_sentences_around_are_whole_and_near() -> None:
    text = TREATY.text
    quote = "Maria Okafor chaired the session on harbour rules."
    start = text.index(quote)
    assert sentences_around(text, start, start + len(quote)) == (
        "Line 59 of the long minutes was read aloud and agreed.",
        "Nobody objected.",
    )
    # Of the quote's own sentence comes what the quote leaves out.
    assert sentences_around(text, start + 6, start + 20) == (
        "Maria",
        "the session on harbour rules.",
    )
    assert sentences_around(text, 0, len(text)) == ("", "")
    assert sentences_around(text, 0, 24) == (
        "",
        "Line 0 of the long minutes was read aloud and agreed.",
    )


def test_a_long_text_is_not_split_whole_for_the_sentences_around(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    split: list[int] = []

    def counting(text: str) -> list[tuple[int, int]]:
        split.append(len(text))
        return sentence_spans(text)

    monkeypatch.setattr("ui.reported.sentence_spans", counting)
    text = "The tide rose. " * 40_000
    around = sentences_around(text, 300_000, 300_014)
    assert around == ("The tide rose.", "The tide rose.")
    assert sum(split) <= 1200
