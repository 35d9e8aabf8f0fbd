"""The evidence pack of a conversation: complete, without paths of this computer, readable."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from rag.errors import QueryError
from rag.text.content_hash import content_hash
from rag.types import Candidate, Filters, TimeGap
from tests.ui.library import HOSTILE, RECOUNT, TREATY, abstained, answered, cite
from ui.citing.formats import citations_shown
from ui.citing.pack import PackTurn, answer_markdown, evidence_pack, pack_markdown
from ui.reported import gap_line, standing_of
from ui.serialize import answer_json

AT = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
QUOTE = "Maria Okafor chaired the session on harbour rules."
CHAIRED = replace(
    answered(
        "And who chaired it?",
        Candidate("Maria Okafor", 0.91, (cite(TREATY, QUOTE, "Maria Okafor"),)),
        Candidate("Over 30", 0.2, (cite(RECOUNT, "Over 30 were signed, aides said.", "Over 30"),)),
        standalone="Who chaired the session?",
    ),
    as_of=date(2024, 2, 10),
)
TURNS = [
    PackTurn("And who chaired it?", CHAIRED),
    PackTurn("What is the price of tea?", abstained("What is the price of tea?")),
    PackTurn("Please explode", None),
]


def test_a_pack_holds_what_was_asked_and_quoted():
    pack = json.loads(json.dumps(evidence_pack(TURNS, title="Harbour", made_at=AT)))
    assert pack["presscite_evidence"] == 1
    assert pack["presscite"]
    assert pack["made_at"] == "2026-11-27T09:30:00+00:00"
    first, second, third = pack["answers"]
    assert first["question"] == "And who chaired it?"
    assert first["standalone_question"] == "Who chaired the session?"
    assert (first["as_of"], first["answer"], first["confidence"]) == (
        "2024-02-10", "Maria Okafor", 0.91,
    )  # fmt: skip
    (cited,) = first["citations"]
    assert cited["quote"] == QUOTE == TREATY.text[cited["start"] : cited["end"]]
    assert cited["hash"] == content_hash(TREATY)
    assert (cited["article_id"], cited["published"]) == (TREATY.id, "2023-12-12")
    assert cited["selectors"][0]["exact"] == QUOTE
    assert first["alternatives"][0]["citations"][0]["article_id"] == RECOUNT.id
    assert (second["answer"], second["citations"]) == (None, [])
    assert third["confidence"] is None


def test_a_late_copy_does_not_make_an_earlier_report_the_newest():
    quote = "Maria Okafor chaired the session on harbour rules."
    (first,) = CHAIRED.candidates[0].citations
    first = replace(first, copy_group=7)
    late = replace(TREATY, id="late", published=date(2024, 2, 9))
    copy = replace(cite(late, quote, "Maria Okafor"), copy_group=7)
    rival = replace(CHAIRED.candidates[1], relation="changed")
    old = replace(CHAIRED.candidates[0], citations=(first, copy), relation="changed")
    answer = replace(CHAIRED, candidates=(replace(rival, relation=None), old))
    pack = evidence_pack([PackTurn("Who?", answer)], made_at=AT)
    assert pack["answers"][0]["alternatives"][0]["reported"] == "2023-12-12"
    assert "Earlier reports: **Maria Okafor**" in pack_markdown(pack)
    assert "Earlier reports: **Maria Okafor**" in answer_markdown("Who?", answer)
    assert [one.text for one in standing_of(answer).earlier] == ["Maria Okafor"]


def test_markdown_calls_nothing_earlier_than_an_answer_without_a_date():
    undated = cite(replace(TREATY, published=None), QUOTE, "Maria Okafor")
    rival = replace(CHAIRED.candidates[1], relation="changed")
    answer = answered("Who?", Candidate("Maria Okafor", 0.9, (undated,)), rival)
    made = answer_markdown("Who?", answer)
    assert "Reports with a date: **Over 30**" in made
    assert "Earlier" not in made


TEA = abstained("What is the price of tea?")


def test_an_abstention_takes_its_limits_along():
    filters = Filters(since=date(2023, 1, 1), outlet="*Lake* Wire", as_of=date(2026, 1, 1))
    gap = TimeGap(None, date(2020, 1, 1), date(2023, 12, 12))
    answer = replace(TEA, time_gap=gap)
    turn = PackTurn("Tea?", answer, filters, (1, 2))
    pack = json.loads(json.dumps(evidence_pack([turn], made_at=AT)))
    (told,) = pack["answers"]
    assert told["filters"] == {"since": "2023-01-01", "outlet": "*Lake* Wire"}
    assert told["searched"] == {"articles": 1, "of": 2}
    assert told["time_gap"]["nearest"] == "2023-12-12"
    assert told["as_of"] == "2026-01-01"
    for made in (pack_markdown(pack), answer_markdown("Tea?", answer, filters, (1, 2))):
        parser = _Tags()
        parser.feed(MarkdownIt("commonmark").render(made))
        words = "".join(parser.words)
        assert "Only 1 of 2 articles were searched: since 2023-01-01, outlet *Lake* Wire." in words
        assert gap_line(gap) in words
        assert "The articles don’t say." in words
    none = answer_markdown("Tea?", TEA, Filters(language="de"), (0, 2))
    assert "No article passes the filters: language de." in none
    assert "Only articles under filters were searched: language de." in answer_markdown(
        "Tea?", TEA, Filters(language="de")
    )
    assert "searched" not in answer_markdown("Tea?", TEA, Filters(as_of=date(2026, 1, 1)))


def test_the_outlet_that_a_question_names_is_among_the_limits():
    named = replace(TEA, outlet="Hill Post")
    alone = answer_markdown("Tea?", named)
    assert "Only articles of Hill Post were searched." in alone
    with_since = answer_markdown("Tea?", named, Filters(since=date(2024, 1, 1)), (0, 2))
    assert "No article passes the filters: since 2024-01-01, outlet Hill Post." in with_since


def test_an_answer_takes_its_filters_along():
    made = answer_markdown("Who?", CHAIRED, Filters(outlet="Coast Gazette"))
    assert "Filters: outlet Coast Gazette" in made
    assert "searched" not in made
    failed = evidence_pack([PackTurn("Who?", None, Filters(outlet="Lake Wire"))], made_at=AT)
    assert "Filters: outlet Lake Wire\n\nNo answer was given." in pack_markdown(failed)


@pytest.mark.parametrize("gap", ["soon", {}, {"start": 1, "end": "2020-01-01", "nearest": None}])
def test_a_saved_time_gap_that_is_none_is_left_out(gap):
    saved = answer_json(TEA) | {"time_gap": gap}
    made = pack_markdown(evidence_pack([PackTurn("Tea?", saved)], made_at=AT))
    assert "published" not in made
    assert "The articles don’t say." in made


def test_an_answer_that_was_given_is_told_without_its_confidence():
    cited = {"article_id": "gone", "quote": QUOTE, "start": 0, "end": len(QUOTE)}
    kept = {"answer": "Maria Okafor", "citations": [cited]}
    made = pack_markdown(evidence_pack([PackTurn("Who?", kept)], made_at=AT))
    assert "Answer: **Maria Okafor**\n" in made
    assert f"> “{QUOTE}”" in made
    assert "No answer was given." not in made


def test_no_path_of_this_computer_is_in_it():
    assert "/news/pact.txt" not in json.dumps(evidence_pack(TURNS))


def test_a_saved_answer_gives_the_same_pack_but_for_the_surroundings():
    saved = json.loads(json.dumps(answer_json(CHAIRED)))
    of_json = evidence_pack([PackTurn("And who chaired it?", saved)], made_at=AT)
    of_record = evidence_pack(TURNS[:1], made_at=AT)
    for pack in (of_json, of_record):
        for holder in (pack["answers"][0], *pack["answers"][0]["alternatives"]):
            for cited in holder["citations"]:
                del cited["selectors"]
    assert of_json == of_record


@pytest.mark.parametrize(
    "citations", ["it", [None], [{"article_id": "a", "quote": "b", "start": "0", "end": 1}]]
)
def test_a_citation_that_is_none_is_refused(citations):
    with pytest.raises(QueryError, match="the answer to 'Who'"):
        evidence_pack([PackTurn("Who", {"answer": "x", "citations": citations})])


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.words = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.words.append(data)


def test_markdown_shows_every_quote_and_nothing_else_of_hostile_articles():
    hostile = answered("Who wins?", Candidate("pirate captain", 0.8, (
        cite(HOSTILE, HOSTILE.text, "pirate captain"),)))  # fmt: skip
    question = "Who <img src=x> **wins**?\n# Title"
    made = pack_markdown(evidence_pack([*TURNS, PackTurn(question, hostile)], made_at=AT))
    parser = _Tags()
    parser.feed(MarkdownIt("commonmark").render(made))
    words = "".join(parser.words)
    assert parser.tags <= {"h1", "h2", "p", "blockquote", "a", "strong", "code"}
    for told in (
        QUOTE,
        "Answer: Maria Okafor (91 % sure)",
        "Also in the articles: Over 30",
        "The articles don’t say.",
        "No answer was given.",
        "Asked as of 10 February 2024.",
        "4. Who <img src=x> **wins**? # Title",
        "<script>alert(2)</script>",
        content_hash(TREATY),
    ):
        assert told in words


def test_an_overview_is_packed_with_who_says_it():
    quote = replace(cite(TREATY, QUOTE, "Maria Okafor"), speaker="Ann Lee", in_quotes=True)
    answer = replace(abstained("What is said?"), overview=(quote,), topic="harbours")
    pack = evidence_pack([PackTurn("What is said?", answer)], made_at=AT)
    (cited,) = pack["answers"][0]["overview"]
    assert (cited["speaker"], cited["in_quotes"], cited["quote"]) == ("Ann Lee", True, QUOTE)
    assert cited["selectors"][0]["exact"] == QUOTE
    made = pack_markdown(pack)
    assert "What the articles say:" in made
    assert "12 December 2023, said by Ann Lee" in made
    assert "don’t say" not in made
    assert citations_shown(answer) == [quote]


def test_words_that_are_retold_are_according_to_their_speaker():
    told = replace(cite(TREATY, QUOTE, "Maria Okafor"), speaker="Ann *Lee*")
    answers = [
        Candidate("Maria Okafor", 0.9, (one,)) for one in (told, replace(told, speaker=None))
    ]
    retold, own = (answer_markdown("Who?", answered("Who?", one)) for one in answers)
    assert "12 December 2023, according to Ann \\*Lee\\*" in retold
    assert "according to" not in own
    assert "said by" not in own


def test_markdown_calls_other_answers_what_the_page_calls_them():
    def told(quote, answer, relation, published):
        cited = cite(replace(RECOUNT, published=published), quote, answer)
        return Candidate(answer, 0.4, (cited,), relation)

    first, second = "Thirty-six agreements were signed", "Over 30 were signed"
    best = Candidate("Maria Okafor", 0.9, (cite(TREATY, QUOTE, "Maria Okafor"),))
    answer = answered(
        "Who?",
        best,
        told(first, "Thirty-six", "also", date(2023, 1, 1)),
        told(first, "agreements", "changed", date(2022, 1, 1)),
        told(second, "30", "changed", None),
        told(second, "Over 30", "changed", date(2023, 3, 3)),
        told(second, "signed", "different", date(2023, 3, 3)),
        told(first, "signed", "changed", date(2025, 1, 1)),
    )
    made = answer_markdown("Who?", answer)
    headings = [line.split(" (")[0] for line in made.splitlines() if "**" in line]
    assert headings == [
        "Answer: **Maria Okafor**",
        "Another answer: **signed**",
        "Earlier reports: **Over 30**",
        "Earlier reports: **agreements**",
        "Reports without a date: **30**",
        "Also in the articles: **Thirty-six**",
        "Also in the articles: **signed**",
    ]
    assert "The articles give different answers." in made
    standing = standing_of(answer)
    assert [one.text for one in standing.earlier] == ["Over 30", "agreements"]
