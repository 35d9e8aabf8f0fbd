"""Spans to answers: what is one answer, what stands beside it, and when nothing is said."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import Answerer, Index
from rag.answering.answer_equivalence import same_answer
from rag.answering.grouping import group_spans
from rag.answering.standing import related
from rag.index import catalog
from rag.ingest.article import make_article
from rag.reader.protocol import Calibration
from rag.retrieval.query import make_query
from rag.retrieval.retriever import Retriever
from rag.types import Candidate, Citation, TimeGap, Turn
from tests.rag.reader.made import passage, span


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lena Fox", "Captain Lena Fox"),
        ("12 boats", "twelve boats"),
        ("Dec. 4", "December 4, 2019"),
        ("the Harbour Code", "Harbour Code"),
        ("1,200", "1200"),
        ("1.5 million", "1,500,000"),
        ("5 per cent", "5 percent"),
        ("$5m", "$5 million"),
        ("about 203.97 billion U.S. dollars", "203.97 billion dollars"),
        ("five million euros", "5 million euros"),
        ("two thousand", "2,000"),
        ("1.5", "1.50"),
        ("minus 0.3 percent", "-0.3%"),
        ("3-1", "a 3-1 win"),
        ("37", "thirty-seven"),
        ("37 agreements", "Thirty-seven agreements"),
        ("105", "one hundred and five"),
        ("2.5 million", "two and a half million"),
        ("12", "a dozen"),
        ("$5k", "five thousand dollars"),
        ("3rd", "third"),
        ("the 21st session", "the twenty-first session"),
        ("May 4", "May 4th, 2019"),
        ("the first of May", "May 1"),
        ("A quiet harbour", "quiet harbour"),
        ("A Quiet Harbour", "the Quiet Harbour"),
        ("In Arbon", "Arbon"),
        ("6 a.m.", "6 AM"),
        ("the 1990s", "the late 1990s"),
        ("2020’s budget", "2020 budget"),
        ("at 6", "6 p.m."),
        ("six pm", "6 p.m."),
        ("6.30pm", "18:30"),
        ("6.30 p.m.", "6:30 PM"),
        ("6:30 p.m.", "at 18.30 on Friday"),
        ("6:00 a.m.", "6 am"),
        ("noon", "12 p.m."),
        ("midnight", "12:00 am"),
        ("00:15", "12.15 a.m."),
        ("Lena Q. Fox", "Lena Fox"),
        ("Lena Q Fox", "Lena Fox"),
        ("$5 M", "$5 million"),
        ("the A shares", "class A shares"),
        ("after a storm", "a storm"),
        ("since 2019", "2019"),
        ("the UN-backed plan", "plan"),
        ("3,5 percent", "3.5 percent"),
        ("5,00,000", "5 lakh"),
        ("2½ hours", "2.5 hours"),
        ("1½ million", "one and a half million"),
        (".5 percent", "0.5 percent"),
        ("Rs 500", "₹500"),
        ("USD 5 million", "$5 million"),
        ("¥500", "500 yuan"),
        ("5 to 4", "5-4"),
        ("BBB−", "BBB-"),
    ],
)
def test_says_the_same(one, other):
    assert same_answer(one, other)
    assert same_answer(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("36", "over 30"),
        ("36² agreements", "362 agreements"),
        ("10⁶ cells", "10 cells"),
        ("10⁶ cells", "10⁹ cells"),
        ("December 4", "December 5"),
        ("May 4, 2019", "May 4, 2020"),
        ("Lena Fox", "Omar Diaz"),
        ("3.6 percent", "36 percent"),
        ("3", "$3 billion"),
        ("30 people", "30 million people"),
        ("$5 million", "5 million euros"),
        ("South Korea", "Korea"),
        ("not approved", "approved"),
        ("three billion dollars", "3 dollars"),
        ("ten thousand people", "10 people"),
        ("-0.3%", "0.3%"),
        ("US$-2.5 million", "US$2.5 million"),
        ("5 percent", "5 percentage points"),
        ("3-1", "1-3"),
        ("30 dollars of European aid", "30 euros"),
        ("3", "third"),
        ("3", "the 3rd"),
        ("20", "twenty-first"),
        ("37", "thirty"),
        ("two", "two thirds"),
        ("the second largest partner", "the largest partner"),
        ("Berth A", "Berth B"),
        ("Berth A", "a berth"),
        ("Series A bonds", "Series B bonds"),
        ("A bonds", "B bonds"),
        ("Series A Bonds", "Series B Bonds"),
        ("Lena Q Fox", "Lena R Fox"),
        ("group a", "group b"),
        ("Vitamin C", "vitamin"),
        ("the 1990s", "1990"),
        ("in his 20s", "20"),
        ("6 a.m.", "6 p.m."),
        ("6:30 am", "6:30 pm"),
        ("6.30pm", "6:45 p.m."),
        ("6:30 am", "18:30"),
        ("noon", "12 a.m."),
        ("6 p.m.", "6.30 p.m."),
        ("5 members", "5 non-members"),
        ("the final", "the semi-final"),
        ("harbour protests", "anti-harbour protests"),
        ("in Arbon", "outside Arbon"),
        ("a pier in Arbon", "a pier outside Arbon"),
        ("near Arbon", "Arbon"),
        ("before May 4", "May 4"),
        ("after May 4", "on May 4"),
        ("3,5", "35"),
        ("5,5 million", "55 million"),
        ("2½ hours", "2 hours"),
        ("Rs 500", "$500"),
        ("500 won", "500 dollars"),
        ("EUR 5 million", "$5 million"),
        ("50 basis points", "50 percent"),
        ("two to one", "one to two"),
        ("AA+", "AA-"),
        ("BBB-", "BBB"),
    ],
)
def test_says_something_else(one, other):
    assert not same_answer(one, other)


def boats(number, name, **more):
    return passage(f"The drill had {number} boats.", name=name, **more)


def test_same_answer_in_several_articles_is_one_group_and_scores_more():
    spans = [
        span(boats("12", "a"), "12", score=3.0),
        span(boats("twelve", "b"), "twelve", score=2.9),
        span(boats("15", "c"), "15", score=2.8),
    ]
    first, second = group_spans(spans)
    assert [s.text for s in first.spans] == ["12", "twelve"]
    assert [s.text for s in second.spans] == ["15"]
    assert first.score == first.features.score > 3.0
    assert second.score == second.features.score == 2.8
    apart = first.score - second.score
    assert (first.features.margin, second.features.margin) == pytest.approx((apart, -apart))


def test_a_third_source_adds_less_than_the_second():
    spans = [span(boats("12", name), "12", score=3.0) for name in "abc"]
    one, two, three = (group_spans(spans[:count])[0].score for count in (1, 2, 3))
    assert one < two < three
    assert three - two < two - one


def test_agreement_decides_between_answers_of_nearly_one_score():
    spans = [
        span(boats("15", "a"), "15", score=3.0),
        span(boats("12", "b"), "12", score=2.99),
        span(boats("12", "c"), "12", score=2.5),
    ]
    assert [group.spans[0].text for group in group_spans(spans)] == ["12", "15"]


def test_copies_of_one_story_count_once():
    spans = [
        span(boats("12", "a", copy_group=7), "12", score=3.0),
        span(boats("12", "b", copy_group=7), "12", score=2.9),
    ]
    (group,) = group_spans(spans)
    assert len(group.spans) == 2
    assert group.score == 3.0
    (group,) = group_spans([*spans, span(boats("12", "c"), "12", score=2.8)])
    assert group.score > 3.0


def of_outlet(name, outlet=None, retells=None, copy_group=None):
    found = boats("12", name, copy_group=copy_group)
    own = replace(found.article, outlet=outlet, retells=retells)
    return span(replace(found, article=own), "12", score=3.0)


def test_a_retelling_adds_nothing_to_the_report_that_it_retells():
    original = of_outlet("a", "Lake Wire")
    retold = of_outlet("b", "Desk", "a report by Lake Wire, 1 January 2026")
    again = of_outlet("c", "Coast", "a report by the Lake Wire, 2 January 2026")
    for spans in ([original, retold], [retold, original, again], [retold, again]):
        assert group_spans(spans)[0].score == 3.0
    two = group_spans([original, of_outlet("d", "Hill Post")])[0].score
    for spans in (
        [original, retold, of_outlet("d", "Hill Post")],
        [original, of_outlet("e", "Desk", "a report by Hill Post")],
        [original, of_outlet("e", "Desk", "a report in a local newspaper")],
        [retold, of_outlet("d"), of_outlet("e", "Coast", "a report by Lake Wire", copy_group=7)],
        [retold, of_outlet("d", "Coast", copy_group=7), of_outlet("e", "A", "by B", copy_group=7)],
    ):
        assert group_spans(spans)[0].score == two > 3.0


def test_a_second_outlet_supports_with_a_much_lower_score_too():
    best, support = span(boats("12", "a"), "12", score=3.0), span(boats("12", "b"), "12", score=2.3)
    (group,) = group_spans([best, support])
    assert group.spans == (best, support)
    assert group.score > 3.0


def test_a_far_weaker_span_neither_supports_nor_contradicts():
    strong = [span(boats("12", "a"), "12", score=3.0)]
    weak = [span(boats("12", f"w{n}"), "12", score=0.5 - n / 100) for n in range(4)]
    (group,) = group_spans(strong + weak)
    assert group.spans == tuple(strong)
    assert group.score == 3.0


SCORES = st.floats(-2.5, 2.5)
WEIGHTS = st.floats(0.0, 20.0)


@settings(deadline=None)
@given(
    told=st.lists(
        st.tuples(st.sampled_from(["12", "15", "17", "19", "21", "23"]), SCORES, st.integers(0, 3)),
        min_size=1,
        max_size=12,
    ),
    weights=st.fixed_dictionaries({"score": WEIGHTS, "margin": WEIGHTS, "proximity": SCORES}),
    intercept=SCORES,
    asked=SCORES,
)
@pytest.mark.slow
def test_no_alternative_is_surer_than_the_answer(told, weights, intercept, asked):
    spans = [
        span(boats(number, f"{place}", copy_group=story), number, score=score, proximity=asked)
        for place, (number, score, story) in enumerate(told)
    ]
    calibration = Calibration(weights, intercept, threshold=0.5)
    groups = group_spans(spans)
    confidences = [calibration.confidence(group.features) for group in groups]
    assert confidences == sorted(confidences, reverse=True)
    assert [g.score for g in groups] == sorted((g.score for g in groups), reverse=True)


def test_overlapping_quotes_of_one_article_are_cited_once():
    found = passage("The drill had 12 boats. It ended early.", name="a")
    short = span(found, "12", score=3.0, quote="The drill had 12 boats.")
    long = span(found, "12", score=2.9)
    (group,) = group_spans([short, long])
    assert group.spans == (short,)


def test_nothing_read_is_no_group():
    assert group_spans([]) == []


class Told:
    """A reader that says what it was told to, whatever the passages."""

    name = "told"

    def __init__(self, words, threshold=0.5):
        self.words = words
        self.calibration = Calibration({"score": 1.0}, intercept=0.0, threshold=threshold)

    def read(self, question, passages, *, as_of=None):
        self.as_of = as_of
        spans = []
        for found in passages:
            for words, score in self.words:
                if words in found.text:
                    spans.append(span(found, words, score=score))
        return sorted(spans, key=lambda s: -s.score)


@pytest.fixture
def index(tmp_path, encoder):
    stories = {
        "old": ("The drill had 36 boats.", "2019-05-05"),
        "new": ("The drill had over 30 boats.", "2020-05-05"),
        "newest": ("The drill had 50 boats.", "2021-05-05"),
    }
    with Index.open(tmp_path / "index", create=True, encoder=encoder) as made:
        made.add(
            make_article(text=text, source=name, id=name, published=date.fromisoformat(day))
            for name, (text, day) in stories.items()
        )
        yield made


def test_of_a_figure_that_changed_the_newest_leads_as_sure_as_the_surest(index):
    reader = Told([("36", 2.0), ("over 30", 1.5), ("50", 1.0)])
    answer = Answerer(index, reader=reader).ask("How many boats had the drill?")
    assert answer.text == "50"
    told = [(c.text, c.relation) for c in answer.alternatives]
    assert told == [("over 30", "changed"), ("36", "changed")]
    assert answer.confidence >= max(c.confidence for c in answer.alternatives)


def test_a_late_reprint_does_not_make_an_old_report_the_newest():
    def told(number, *printed):
        cited = [boats(number, f"{number}-{day}", published=day) for day in printed]
        start = cited[0].text.index(number)
        return Candidate(
            number,
            0.8,
            tuple(
                Citation(
                    p.article, p.text, 0, len(p.text), start, start + 2, copy_group=int(number)
                )
                for p in cited
            ),
        )

    old, newer = told("36", "2019-05-05", "2026-01-05"), told("50", "2024-05-05")
    found = related(
        "How many boats had the drill?",
        (old, newer),
        {},
        lambda texts: np.ones((len(texts), 1)),
        date(2026, 2, 1),
    )
    assert [(c.text, c.relation) for c in found] == [("50", None), ("36", "changed")]


def test_an_article_does_not_contradict_itself(tmp_path, encoder):
    with Index.open(tmp_path / "index", create=True, encoder=encoder) as made:
        text = "The drill had 36 boats. The older drill had 50 boats."
        made.add([make_article(text=text, source="one", id="one")])
        reader = Told([("36", 2.0), ("50", 1.0)])
        answer = Answerer(made, reader=reader).ask("How many boats had the drill?")
    assert [(c.text, c.relation) for c in answer.alternatives] == [("50", "also")]


def test_a_figure_of_the_time_asked_about_is_not_replaced_by_a_later_one(index):
    reader = Told([("36", 2.0), ("over 30", 1.5), ("50", 1.0)])
    answer = Answerer(index, reader=reader).ask("How many boats had the drill in 2019?")
    assert answer.text == "36"
    assert {c.relation for c in answer.alternatives} == {"same", "changed"}


def test_rivals_stand_beside_the_answer_newest_first(index):
    reader = Told([("36", 2.0), ("over 30", 1.5), ("50", 1.0)])
    answer = Answerer(index, reader=reader).ask("What is said of the drill?")
    assert answer.text == "50"
    assert [c.text for c in answer.alternatives] == ["over 30", "36"]


@pytest.mark.parametrize("as_of", ["2020-12-31", date(2020, 12, 31)])
def test_a_question_is_asked_as_of_a_day(index, as_of):
    reader = Told([("36", 3.0), ("over 30", 2.9), ("50", 2.8)])
    answer = Answerer(index, reader=reader).ask("How many boats had the drill?", as_of=as_of)
    assert answer.as_of == reader.as_of == date(2020, 12, 31)
    assert {p.article.id for p in answer.passages} == {"old", "new"}
    assert [c.text for c in answer.alternatives] == ["over 30"]
    usual = Answerer(index, reader=reader, as_of=date(2019, 12, 31))
    assert [p.article.id for p in usual.ask("How many boats?").passages] == ["old"]
    assert len(usual.ask("How many boats?", as_of=as_of).passages) == 2
    assert Answerer(index, reader=reader).ask("How many boats?").as_of == date.today()


def test_passages_handed_over_are_not_newer_either(index):
    reader = Told([("36", 3.0)])
    given = [
        boats("36", "a", published="2019-05-05"),
        boats("50", "b", published="2021-05-05"),
        boats("40", "c"),
    ]
    answer = Answerer(index, reader=reader).answer_from("How many?", given, as_of="2020-01-01")
    assert [p.article.id for p in answer.passages] == ["a", "c"]
    assert answer.as_of == date(2020, 1, 1)


def test_a_time_of_which_nothing_was_found_is_told(index):
    answerer = Answerer(index, reader=Told([("36", 3.0)]))
    told = answerer.ask("How many boats had the drill this week?", as_of="2026-11-26").time_gap
    assert told == TimeGap(date(2026, 11, 20), date(2026, 11, 26), date(2021, 5, 5))
    assert answerer.ask("How many boats had the drill in 2020?").time_gap is None
    assert answerer.ask("How many boats had the drill?").time_gap is None
    assert answerer.ask("How many boats had it in 1999?").time_gap.nearest == date(2019, 5, 5)


def test_a_quote_that_names_the_year_is_no_gap(tmp_path, encoder):
    with Index.open(tmp_path / "one", create=True, encoder=encoder) as made:
        text = "In 1999 the drill had 36 boats."
        made.add([make_article(text=text, source="x", published=date(2019, 5, 5))])
        answerer = Answerer(made, reader=Told([("36", 3.0)]))
        assert answerer.ask("How many boats had the drill in 1999?").time_gap is None


@pytest.mark.parametrize("told", ["in December 2025", "last December", "on 12 December"])
def test_a_quote_that_names_the_time_in_its_own_words_is_no_gap(tmp_path, encoder, told):
    with Index.open(tmp_path / "one", create=True, encoder=encoder) as made:
        text = f"The drill had 36 boats {told}."
        made.add([make_article(text=text, source="x", published=date(2026, 3, 9))])
        answerer = Answerer(made, reader=Told([("36", 3.0)]))
        asked = "How many boats had the drill last December?"
        assert answerer.ask(asked, as_of="2026-05-25").time_gap is None
        gap = answerer.ask(
            "How many boats had the drill last October?", as_of="2026-05-25"
        ).time_gap
        assert gap == TimeGap(date(2025, 10, 1), date(2025, 10, 31), date(2026, 3, 9))


def test_a_new_report_of_something_else_is_none_of_the_time_asked_about(tmp_path, encoder):
    texts = {
        "old": ("The mayor of Orvel announced a new harbour.", "2023-05-05"),
        "new": ("The mayor of Tarn bought a boat.", "2026-05-24"),
    }
    with Index.open(tmp_path / "two", create=True, encoder=encoder) as made:
        made.add(
            make_article(text=text, source=name, id=name, published=date.fromisoformat(day))
            for name, (text, day) in texts.items()
        )
        answerer = Answerer(made, reader=Told([]))
        asked = "What did the mayor of Orvel announce this week?"
        gap = answerer.ask(asked, as_of="2026-05-25").time_gap
        assert gap == TimeGap(date(2026, 5, 19), date(2026, 5, 25), date(2023, 5, 5))
        bought = "What did the mayor of Tarn buy this week?"
        assert answerer.ask(bought, as_of="2026-05-25").time_gap is None


@pytest.mark.parametrize(
    ("name", "opened"),
    [("minutes.pdf", "minutes.pdf#page=1:~:text="), ("minutes", "minutes#:~:text=")],
)
def test_the_link_to_a_pdf_opens_its_page(tmp_path, encoder, name, opened):
    with Index.open(tmp_path / "one", create=True, encoder=encoder) as made:
        text = "The drill began at dawn. It had 36 boats."
        url = f"https://coast.example/{name}"
        made.add([make_article(text=text, source="x", url=url, pages=(0, 20))])
        answer = Answerer(made, reader=Told([("36", 3.0)])).ask("How many boats had the drill?")
        assert answer.citations[0].link.startswith(f"https://coast.example/{opened}")


def test_a_rival_one_is_not_sure_of_is_not_shown(index):
    reader = Told([("36", 2.0), ("over 30", -2.0)])
    answer = Answerer(index, reader=reader).ask("How many boats had the drill?")
    assert answer.text == "36"
    assert answer.alternatives == ()


def test_abstains_under_the_threshold_and_keeps_what_it_would_have_said(index):
    reader = Told([("36", 0.0)], threshold=0.6)
    answer = Answerer(index, reader=reader).ask("How many boats had the drill?")
    assert answer.abstained
    assert answer.text is None
    assert answer.citations == answer.alternatives == ()
    assert answer.candidates[0].text == "36"
    assert answer.confidence == 0.5
    assert answer.passages


def test_quotes_are_the_articles_own_words(index):
    reader = Told([("36", 2.0)])
    answer = Answerer(index, reader=reader).ask("How many boats had the drill?")
    citation = answer.citations[0]
    assert citation.article.text[citation.start : citation.end] == citation.quote
    assert citation.answer == "36"


def test_support_counts_past_more_answers_than_are_shown():
    said = ["12", "15", "17", "19", "21", "12", "12"]
    spans = [
        span(boats(number, f"{place}"), number, score=3.0 - place / 100)
        for place, number in enumerate(said)
    ]
    # Weaker ones that say something else again.
    spans += [span(boats(str(40 + n), f"w{n}"), str(40 + n), score=0.5 - n / 100) for n in range(9)]
    groups = group_spans(spans)
    assert [group.spans[0].text for group in groups] == ["12", "15", "17", "19"]
    assert len(groups[0].spans) == 3
    # The two at the end count for the first answer.
    assert groups[0].score > groups[1].score + 0.01
    assert groups[3].features.margin == pytest.approx(2.97 - groups[0].score)


WIRE = (
    "LINDAU - The drill had 12 boats. It began at dawn and ended at noon, the harbour office said in a "
    "statement on Monday. Three crews from Arbon took part and nobody was hurt in the rough water."
)


@pytest.fixture
def copied(tmp_path, encoder):
    """One wire story in three papers, and a report of its own, and an article without a date."""
    day = date(2020, 5, 5)
    with Index.open(tmp_path / "copied", create=True, encoder=encoder) as made:
        made.add(
            [
                *(
                    make_article(text=WIRE, source=name, id=name, outlet=name, published=day)
                    for name in ("wire", "echo", "post")
                ),
                make_article(
                    text="Our reporter counted them at the pier: 12 boats in the drill.",
                    source="own",
                    id="own",
                    published=day,
                ),
                make_article(text="A drill of 50 ships.", source="undated", id="undated"),
            ]
        )
        yield made


def test_three_copies_and_one_report_are_two_sources(copied):
    answer = Answerer(copied, reader=Told([("12", 3.0)])).ask("How many boats had the drill?")
    assert {c.article.id for c in answer.citations} == {"wire", "echo", "post", "own"}
    assert len({c.copy_group for c in answer.citations}) == 2
    by_source = {
        ("own" if cited.article.id == "own" else "story"): copies
        for cited, copies in zip(answer.sources, answer.copies, strict=True)
    }
    assert by_source == {"story": 2, "own": 0}
    assert answer.sources[0] == answer.citations[0]


def test_agreement_counts_sources_and_not_copies(copied):
    passages = {p.article.id: p for p in Answerer(copied).retriever.search("boats drill", 12)}
    scores = {}
    for names in ("wire", "wire echo post", "wire own", "wire echo post own"):
        spans = [span(passages[name], "12", score=3.0) for name in names.split()]
        (group,) = group_spans(spans)
        scores[names] = group.score
    assert scores["wire"] == scores["wire echo post"] < scores["wire own"]
    assert scores["wire own"] == scores["wire echo post own"]


def test_undated_articles_left_out_are_counted(copied):
    answerer = Answerer(copied, reader=Told([("12", 3.0)]))
    question = "How many boats had the drill?"
    assert answerer.ask(question).undated_left_out == 0
    assert answerer.ask(question, since="2019-01-01").undated_left_out == 1
    assert answerer.ask(question, until="2021-01-01", outlet="echo").undated_left_out == 0


def test_a_query_is_answered_like_its_keywords(copied):
    answerer = Answerer(copied, reader=Told([("12", 3.0)]))
    query = make_query("How many boats?", k=2, since="2020-01-01", as_of="2020-12-31", id="q")
    one = answerer.ask(query)
    other = answerer.ask("How many boats?", k=2, since="2020-01-01", as_of="2020-12-31", id="q")
    assert replace(one, timings_ms={}) == replace(other, timings_ms={})
    assert (one.id, one.as_of, len(one.passages)) == ("q", date(2020, 12, 31), 2)


def test_an_earlier_answer_of_one_endless_word_does_not_make_the_question_too_long(copied):
    history = [Turn("Who led the drill?", "A" + "x" * 5000)]
    answer = Answerer(copied, reader=Told([("12", 3.0)])).ask("When did he speak?", history=history)
    assert answer.question == "When did he speak?"


@pytest.mark.parametrize("earlier", ["", "?!", "Who led the drill in Lindau? " * 100, "Ax" * 500])
def test_an_odd_earlier_question_is_no_fault_of_this_one(copied, earlier):
    history = [Turn(earlier + str(n) * (len(earlier) > 9), "Ann Lee") for n in range(6)]
    answer = Answerer(copied, reader=Told([("12", 3.0)])).ask(
        "When did she speak?", history=history
    )
    assert answer.question == "When did she speak?"
    assert answer.citations


def test_an_empty_earlier_turn_is_no_fault_of_this_question(copied):
    history = [Turn("", None), Turn("Who led the drill?", "Ann Lee"), Turn("", None)]
    for earlier in (history[:1], history):
        answer = Answerer(copied, reader=Told([("12", 3.0)])).ask(
            "What did she say about it?", history=earlier
        )
        assert answer.citations


@pytest.mark.parametrize(
    ("history", "named"),
    [
        ([Turn("How many boats had the drill?", "50 Boats")], {"newest"}),
        (
            [Turn("How many boats had the drill?", "50 boats"), Turn("Who steered them?")],
            {"newest"},
        ),
        ([Turn("How many boats had the drill?", "a hundred")], set()),
        ([Turn("How many boats had the drill?")], set()),
        ([Turn("How many boats had the drill?", " ")], set()),
        ([], set()),
    ],
)
def test_what_answered_before_is_a_candidate_again(index, history, named):
    class Searching(Retriever):
        asked = None

        def search(self, *given, again=(), **more):
            self.asked = set(again)
            return super().search(*given, again=again, **more)

    searching = Searching(index)
    Answerer(index, reader=Told([("50", 3.0)]), retriever=searching).ask(
        "And when was it?", history=history
    )
    owners = {p.chunk.id: p.article.sources[0] for p in Retriever(index).search("drill", 10)}
    assert {owners[n] for n in searching.asked} == named


@pytest.mark.parametrize(
    "question", ["How many boats had the drill?", "What do the articles say about the drill?"]
)
def test_what_is_found_is_told_once_before_it_is_read(copied, question):
    told = []
    retriever = Answerer(copied).retriever

    class Reading(Told):
        def read(self, *given, **more):
            assert len(told) == 1
            return super().read(*given, **more)

    class Searching:
        undated_left_out = retriever.undated_left_out
        times = 0

        def search(self, *given, **more):
            self.times += 1
            return retriever.search(*given, **more)

    search = Searching()
    answerer = Answerer(copied, reader=Reading([("12", 3.0)]), retriever=search)
    answer = answerer.ask(question, on_passages=told.append)
    assert search.times == 1
    assert tuple(told[0][:10]) == answer.passages
    again = Answerer(copied, reader=Told([("12", 3.0)])).ask(question)
    assert (again.candidates, again.overview) == (answer.candidates, answer.overview)


def test_a_search_reads_only_the_articles_it_returns(copied, monkeypatch):
    asked = []
    chunks = catalog.chunks

    def counted(connection, ids):
        asked.append(list(ids))
        return chunks(connection, ids)

    monkeypatch.setattr(catalog, "chunks", counted)
    found = Answerer(copied).retriever.search("drill", 2)
    assert asked == [[passage.chunk.id for passage in found]]


def test_an_answer_names_the_other_outlets_known_on_the_day(copied):
    copied.add(
        [
            make_article(
                text=WIRE, source="late", id="late", outlet="Late", published=date(2021, 1, 1)
            )
        ]
    )
    for asked, outlets in (("2020-06-01", {"wire", "echo", "post"}), ("2022-01-01", {"Late"})):
        answer = Answerer(copied, reader=Told([("12", 3.0)])).ask(
            "How many boats had the drill?", as_of=asked
        )
        cited = next(c for c in answer.citations if c.article.id != "own")
        assert outlets - {cited.article.outlet} <= set(cited.also_in)
        assert len(cited.also_in) == (2 if asked < "2021" else 3)
        own = next(c for c in answer.citations if c.article.id == "own")
        assert own.reprints == ()


@pytest.mark.slow
def test_a_flood_of_copies_does_not_fill_the_answer(tmp_path, encoder):
    """300 copies of one story, each a little different, all nearer than the reports of their own."""
    stuffed = (
        "How many boats had the drill? The drill had 99 boats. Boats drill boats drill, the drill had "
        "99 boats, many boats had the drill. Item {n} of the boats drill was paid by sponsor {n}."
    )
    own = {
        "Arbon": "The harbour office counted 12 boats when the drill off Arbon began at dawn, it said.",
        "Lindau": "From the pier our reporter saw 12 boats leave for the exercise on Sunday morning.",
        "Bregenz": "Only 12 boats came, fewer than last year, because two ferries were being painted.",
    }
    with Index.open(tmp_path / "flood", create=True, encoder=encoder) as made:
        made.add(
            make_article(text=stuffed.format(n=n), source=f"/{n}", id=f"f{n}", outlet=f"Paper {n}")
            for n in range(300)
        )
        made.add(make_article(text=text, source=town, id=town) for town, text in own.items())
        answerer = Answerer(made, reader=Told([("99", 2.0), ("12", 2.0)]))
        question = "How many boats had the drill?"
        assert all(p.article.id[0] == "f" for p in answerer.retriever.search(question, 12))
        answer = answerer.ask(question)
        names = [passage.article.id for passage in answer.passages]
        assert sum(name[0] == "f" for name in names) == 3
        assert own.keys() <= set(names)
        # Three reports that agree outweigh one story, however often it was printed.
        assert answer.candidates[0].text == "12"
        flood = next(c for c in answer.candidates if c.text == "99")
        assert len(flood.sources) == 1
        assert 99 <= len(flood.citations[0].also_in) <= 100


def test_the_first_printed_of_near_duplicates_is_cited():
    text = "The drill had 12 boats."
    undated = passage(text, name="undated", copy_group=7)
    post = passage(text, name="post", published="2024-03-05", copy_group=7)
    wire = passage(text, name="wire", published="2024-03-04", copy_group=7)
    own = passage("We saw 12 boats.", name="own", published="2024-03-01", copy_group=8)
    other = passage(text.replace("12", "dozens of"), name="other", copy_group=7)
    spans = [
        span(undated, "12", score=3.1, null_score_diff=0.5),
        span(post, "12", score=3.0),
        span(own, "12", score=2.9),
        span(wire, "12", score=2.8),
        span(other, "dozens", score=2.0),
    ]
    best, rest = group_spans(spans)
    assert [one.passage.article.id for one in best.spans] == ["wire", "post", "own", "undated"]
    # The evidence is that of the span that was found best.
    assert best.features.null_score_diff == 0.5
    assert [one.passage.article.id for one in rest.spans] == ["other"]


def test_a_copy_with_other_words_does_not_change_the_answer():
    captain = passage("Captain Lena Fox led it.", name="b", published="2024-03-05", copy_group=7)
    plain = passage("Lena Fox led it.", name="a", published="2024-03-04", copy_group=7)
    spans = [span(captain, "Captain Lena Fox", score=3.0), span(plain, "Lena Fox", score=2.9)]
    (group,) = group_spans(spans)
    assert [one.text for one in group.spans] == ["Captain Lena Fox", "Lena Fox"]
