"""The span reader over a scorer whose scores are written by hand, beside the real evidence."""

from collections.abc import Sequence

import numpy as np
import pytest

from rag.reader.evidence import EvidenceReader
from rag.reader.find import assembled
from rag.reader.neural import SpanReader, best_span
from rag.reader.protocol import Calibration
from rag.reader.scoring import TokenScores
from rag.types import Article, Chunk, Passage
from tests.conftest import HashEncoder
from tests.rag.reader.made import WrittenScorer

MILL = "The old mill at Sorrel burned down in 1911. Ada Brook built a bakery there for 3.2 million crowns."
FAIR = "The summer fair at Sorrel drew 900 people. It rained on the stalls all day."


def passage(text: str, number: int = 1, lead: str = "") -> Passage:
    article = Article(id=f"a{number}", text=lead + text)
    chunk = Chunk(number, article.id, len(lead), len(lead) + len(text), text)
    return Passage(chunk, article, 1.0 / number)


def reader(scores: dict[str, float]) -> SpanReader:
    scorer = WrittenScorer(lambda word: scores.get(word, -5.0))
    evidence = EvidenceReader(HashEncoder().encode)
    return SpanReader(scorer, evidence, Calibration({"gap": 1.0}, 0.0, 0.5), {"gap": 1.0})


def test_each_sentence_offers_its_best_span_best_first() -> None:
    spans = reader({"1911": 4.0, "bakery": 2.0}).read("When?", [passage(MILL)])
    assert [s.text for s in spans] == ["1911", "bakery"]
    first = spans[0]
    assert first.passage.article.text[first.quote_start : first.quote_end].endswith("in 1911.")
    assert first.signals["gap"] == 0.8


def test_places_are_the_articles_not_the_passages() -> None:
    (first, *_) = reader({"1911": 4.0}).read("When?", [passage(MILL, lead="A first chapter.\n")])
    assert first.text == "1911"


def test_passages_compete_by_their_gap_over_nothing() -> None:
    spans = reader({"1911": 1.0, "900": 3.0}).read("How many?", [passage(MILL), passage(FAIR, 2)])
    assert spans[0].text == "900"
    assert spans[0].passage.article.id == "a2"


def test_a_cut_figure_comes_whole() -> None:
    (best, *_) = reader({"2": 5.0}).read("How much?", [passage(MILL)])
    assert best.text == "3.2 million"


def test_a_sentence_in_two_passages_is_offered_once() -> None:
    spans = reader({"1911": 4.0}).read("When?", [passage(MILL), passage(MILL)])
    assert [s.text for s in spans].count("1911") == 1


def test_nothing_to_read_gives_nothing() -> None:
    assert reader({}).read("When?", []) == []
    assert reader({}).read("When?", [passage(" ")]) == []


def test_the_best_span_ends_where_or_after_it_starts_and_is_not_endless() -> None:
    starts, ends = np.zeros(100, np.float32), np.zeros(100, np.float32)
    starts[60], ends[50] = 5, 5
    first, last, score = best_span(starts, ends)
    assert first <= last
    assert score == 5.0
    starts[0], ends[99] = 9, 9
    first, last, _ = best_span(starts, ends)
    assert last - first < 40


def test_the_best_quotes_are_read_again_alone() -> None:
    read: list[Sequence[str]] = []

    class Watched(WrittenScorer):
        def score(
            self, question: str, texts: Sequence[str], titles: Sequence[str | None]
        ) -> list[TokenScores]:
            read.append(list(texts))
            # What a neighbour lent the sentence is gone where it stands alone.
            lent = len(read) == 1
            self._scored = lambda word: (4.0 if lent else -4.0) if word == "1911" else -5.0
            return super().score(question, texts, titles)

    evidence = EvidenceReader(None)
    found = SpanReader(
        Watched(lambda _: 0.0), evidence, Calibration({}, 0.0, 0.5), {"gap": 1.0, "alone": 0.5}
    ).read("When?", [passage(MILL)])
    assert read[0] == [MILL]
    assert read[1] == [span.quote for span in found]
    first = found[0]
    assert (first.text, first.signals["gap"], first.signals["alone"]) == ("1911", 0.8, -0.8)
    assert first.score == first.signals["score"] == 0.4


def test_the_network_reads_only_what_the_words_promise() -> None:
    scorer = WrittenScorer(lambda _: 0.0)
    passages = [
        passage("Rain fell on the hills for a week.", 1),
        passage(FAIR, 2),
        passage(MILL, 3),
    ]
    own = SpanReader(scorer, EvidenceReader(None), Calibration({}, 0.0, 0.5), {"gap": 1.0})
    spans = own.reading(closely=1).read("When did the mill burn?", passages)
    assert scorer.read[0] == [MILL]
    # What was not read closely is offered, behind.
    assert {s.passage.article.id for s in spans} == {"a1", "a2", "a3"}
    assert spans[0].passage.article.id == "a3"
    own.reading(closely=2).read("When did the mill burn?", passages)
    assert len(scorer.read[2]) == 2


def test_a_rival_is_trusted_by_its_own_gap_only() -> None:
    spans = reader({"1911": 4.0, "bakery": 2.0}).read("When?", [passage(MILL)])
    assert [s.signals["gap"] for s in spans] == [0.8, 0.4]
    assert [s.signals["best_gap"] for s in spans] == [0.8, 0.4]


@pytest.mark.parametrize(("order", "embeds"), [({"gap": 1.0}, False), ({"dense": 1.0}, True)])
def test_sentences_are_embedded_only_where_that_counts(
    order: dict[str, float], embeds: bool
) -> None:
    encoder = HashEncoder()
    made = assembled(
        WrittenScorer(lambda _: 1.0), encoder.encode, Calibration({"gap": 1.0}, 0.0, 0.5), order
    )
    made.read("When did the mill burn?", [passage(MILL)])
    assert bool(encoder.texts) == embeds
