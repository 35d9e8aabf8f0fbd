"""The span reader over a scorer whose scores are written by hand, beside the real evidence."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from rag.reader.feature_reader import FeatureReader
from rag.reader.loading import build_reader
from rag.reader.metadata import ReaderMetadata
from rag.reader.protocol import Calibration
from rag.reader.scoring import TokenScores
from rag.reader.span_reader import CONTEXT_DEPTH, SENTENCE_DEPTH, SpanReader, neighbourhood
from rag.reader.windows import Window, best_span, mean_window, null_score_diff
from rag.types import Article, Chunk, Passage
from tests.conftest import HashEncoder
from tests.rag.reader.made import WrittenScorer
from tests.rag.reader.made import span as made_span

MILL = "The old mill at Sorrel burned down in 1911. Ada Brook built a bakery there for 3.2 million crowns."
FAIR = "The summer fair at Sorrel drew 900 people. It rained on the stalls all day."
RAIN = "Rain fell on the hills for a week."
ORDER = {"null_score_diff": 1.0}


def passage(
    text: str,
    number: int = 1,
    *,
    before: str = "",
    title: str | None = None,
    published: str | None = None,
) -> Passage:
    day = date.fromisoformat(published) if published else None
    article = Article(id=f"a{number}", text=before + text, title=title, published=day)
    chunk = Chunk(number, article.id, len(before), len(before) + len(text), text)
    return Passage(chunk, article, 1.0 / number)


def parts(texts: list[str]) -> list[Passage]:
    """Return the passages of one article that consists of these texts."""
    article = Article(id="whole", text=" ".join(texts))
    starts = [article.text.index(text) for text in texts]
    return [
        Passage(Chunk(n, article.id, start, start + len(text), text), article, 1.0 / (n + 1))
        for n, (start, text) in enumerate(zip(starts, texts, strict=True))
    ]


def over(scorer: WrittenScorer) -> SpanReader:
    return SpanReader(scorer, FeatureReader(None), Calibration(ORDER, 0.0, 0.5), ORDER)


def worth(scores: dict[str, float]) -> Callable[[str], float]:
    return lambda word: scores.get(word, -5.0)


def reader(scores: dict[str, float]) -> SpanReader:
    return over(WrittenScorer(worth(scores)))


def test_each_sentence_offers_its_best_span_best_first() -> None:
    spans = reader({"1911": 4.0, "bakery": 2.0}).read("When?", [passage(MILL)])
    assert [s.text for s in spans] == ["1911", "bakery"]
    assert [s.features.null_score_diff for s in spans] == [0.8, 0.4]
    assert [s.score for s in spans] == [s.features.score for s in spans] == [0.8, 0.4]
    first = spans[0]
    assert first.passage.article.text[first.quote_start : first.quote_end].endswith("in 1911.")


def test_places_are_the_articles_not_the_passages() -> None:
    found = passage(MILL, before="A first chapter.\n")
    (first, *_) = reader({"1911": 4.0}).read("When?", [found])
    assert first.text == "1911"


def test_passages_compete_by_their_difference_to_nothing_here() -> None:
    spans = reader({"1911": 1.0, "900": 3.0}).read("How many?", [passage(MILL), passage(FAIR, 2)])
    assert spans[0].text == "900"
    assert spans[0].passage.article.id == "a2"


def test_nothing_here_is_weighed_passage_by_passage() -> None:
    scorer = WrittenScorer(
        worth({"1911": 4.0, "900": 2.0}), lambda text, _: 7.0 if "mill" in text else 1.0
    )
    spans = over(scorer).read("How many?", [passage(MILL), passage(FAIR, 2)])
    found = {s.text: s.features.null_score_diff for s in spans}
    assert (found["900"], found["1911"]) == (0.3, 0.1)
    assert spans[0].text == "900"


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


def test_the_difference_of_a_stretch_is_its_best_spans() -> None:
    starts, ends = np.array([0, 3, 1], np.float32), np.array([4, 0, 2], np.float32)
    scores = TokenScores(0, np.zeros((3, 2), np.int64), starts, ends, 1.5)
    # Start 3 and end 2; the end of 4 stands before that start.
    assert null_score_diff(scores) == 3.5


def test_the_network_reads_what_the_words_promise_and_nothing_else_is_offered() -> None:
    scorer = WrittenScorer(worth({}))
    passages = [passage(RAIN, 1), passage(FAIR, 2), passage(MILL, 3)]
    spans = over(scorer).with_network_depth(1).read("When did the mill burn?", passages)
    assert scorer.read[0] == [MILL]
    assert {s.passage.article.id for s in spans} == {"a3"}
    over(scorer).with_network_depth(2).read("When did the mill burn?", passages)
    assert len(scorer.read[2]) == 2


def test_a_passage_that_was_not_read_is_not_offered_for_one_of_its_article_that_was() -> None:
    scorer = WrittenScorer(worth({}))
    spans = over(scorer).with_network_depth(1).read("When did the mill burn?", parts([RAIN, MILL]))
    assert scorer.read[0] == [MILL]
    assert [s.quote in MILL for s in spans] == [True, True]


def test_the_network_reads_passages_and_then_the_best_sentences_alone() -> None:
    scorer = WrittenScorer(worth({"1911": 4.0, "900": 3.0}))
    fair = passage(FAIR, 2, title="A fair", published="2024-06-05")
    over(scorer).read("When did the mill burn?", [passage(MILL), fair], as_of=date(2024, 6, 5))
    passages, again = scorer.read
    sentences, leads = again[:SENTENCE_DEPTH], scorer.leads[1][:SENTENCE_DEPTH]
    assert set(passages) == {MILL, FAIR}
    led = dict(zip(sentences, leads, strict=True))
    assert led[MILL[: MILL.index(" Ada")]] == ""
    assert led[FAIR[: FAIR.index(" It")]] == "5 June 2024, today | A fair."


def test_a_score_is_the_mean_of_passage_and_sentence() -> None:
    # "Nothing here" is likelier in the sentence alone, for one of two.
    scorer = WrittenScorer(
        worth({"1911": 4.0, "900": 3.5}), lambda text, _: 4.0 if text.endswith("1911.") else 0.0
    )
    spans = over(scorer).read("When or how many?", [passage(MILL), passage(FAIR, 2)])
    found = {s.text: s.features.null_score_diff for s in spans}
    assert found["1911"] == pytest.approx((8.0 + 4.0) / 2 / 10)
    assert found["900"] == pytest.approx(0.7)
    assert list(dict.fromkeys(s.text for s in spans))[:2] == ["900", "1911"]
    assert [s.score for s in spans] == [s.features.score for s in spans]


def test_words_are_those_that_are_best_in_both() -> None:
    class Fickle(WrittenScorer):
        def score(self, question, texts, leads):  # type: ignore[no-untyped-def]
            self._scored = worth({"mill": 4.0} if self.read else {"1911": 4.0, "mill": 3.0})
            return super().score(question, texts, leads)

    (best, *_) = over(Fickle(worth({}))).read("What?", [passage(MILL)])
    assert best.text == "mill"


def test_only_the_best_sentences_are_read_alone() -> None:
    many = " ".join(f"The mill at place {n} burned." for n in range(9))
    scorer = WrittenScorer(worth({str(n): 9.0 - n for n in range(9)}))
    spans = over(scorer).read("Where did the mill burn?", [passage(many)])
    assert len(spans) == 9
    alone = [f"The mill at place {n} burned." for n in range(SENTENCE_DEPTH)]
    assert scorer.read[1][:SENTENCE_DEPTH] == alone


def test_a_sentence_without_a_token_alone_keeps_its_score() -> None:
    class Deaf(WrittenScorer):
        def score(self, question, texts, leads):  # type: ignore[no-untyped-def]
            found = super().score(question, texts, leads)
            return found if MILL in texts else [replace(s, offsets=s.offsets[:0]) for s in found]

    (best, *_) = over(Deaf(worth({"1911": 4.0}))).read("When?", [passage(MILL)])
    assert (best.text, best.features.null_score_diff) == ("1911", 0.8)


class TestBetweenNeighbours:
    FIVE = ["The mill ran.", "It burned in 1911.", "It rained.", "A bakery came.", "It sold rye."]

    def test_the_very_best_sentences_are_read_between_theirs(self) -> None:
        scorer = WrittenScorer(worth({"1911": 4.0}), lambda text, _: float("bakery" in text))
        found = passage(" ".join(self.FIVE[1:4]), before=f"{self.FIVE[0]}\n")
        spans = over(scorer).read("When?", [found])
        best = next(s for s in spans if s.text == "1911")
        # The passage mentions the bakery, the sentence alone and between its neighbours does not.
        assert best.features.null_score_diff == pytest.approx((7.0 + 8.0) / 2 / 10)
        assert best.quote == self.FIVE[1]
        assert best.features.context_diff == pytest.approx(0.8)
        between = scorer.read[1][-CONTEXT_DEPTH:]
        assert "\n".join(self.FIVE[:2]) + " It rained." in between
        assert len(scorer.read) == 2
        assert len(scorer.read[1]) == len(spans[:SENTENCE_DEPTH]) + CONTEXT_DEPTH
        for span in spans[CONTEXT_DEPTH:]:
            assert span.features.context_diff == span.features.null_score_diff

    def test_a_sentence_that_comes_first_only_alone_is_read_between_its_neighbours_too(
        self,
    ) -> None:
        scorer = WrittenScorer(
            worth({"1911": 4.0, "900": 3.5}), lambda text, _: 4.0 if text.endswith("1911.") else 0.0
        )
        texts = [passage(MILL), passage(FAIR, 2)]
        best, *others = over(scorer).read("When or how many?", texts)
        assert best.text == "900"
        other = next(span for span in others if span.text == "1911")
        # The whole of either passage is the neighbourhood of its sentence.
        assert (scorer.read[1][-1], scorer.read[2]) == (MILL, [FAIR])
        assert best.features.context_diff == pytest.approx(0.7)
        assert other.features.context_diff == other.features.null_score_diff

    @pytest.mark.parametrize(
        ("quoted", "wanted"), [(0, (0, 2)), (2, (1, 4)), (4, (3, 5))], ids=["first", "mid", "last"]
    )
    def test_a_neighbourhood_ends_with_the_article(
        self, quoted: int, wanted: tuple[int, int]
    ) -> None:
        found = passage(" ".join(self.FIVE))
        own = made_span(found, self.FIVE[quoted], quote=self.FIVE[quoted])
        start, end = neighbourhood(own)
        assert found.article.text[start:end] == " ".join(self.FIVE[slice(*wanted)])

    def test_a_quote_of_two_sentences_has_a_neighbour_on_each_side(self) -> None:
        found = passage(" ".join(self.FIVE))
        own = made_span(found, "1911", quote=" ".join(self.FIVE[1:3]))
        start, end = neighbourhood(own)
        assert found.article.text[start:end] == " ".join(self.FIVE[:4])

    @pytest.mark.parametrize("own", ["It burned in 1911.", "It burned in 1911"])
    def test_endless_neighbours_are_cut_off(self, own: str) -> None:
        endless = "mill " * 100_000
        found = passage(own, before=f"{endless}\n")
        found = replace(found, article=replace(found.article, text=f"{endless}\n{own}\n{endless}"))
        start, end = neighbourhood(made_span(found, "1911", quote=own))
        assert own in found.article.text[start:end]
        assert 1000 < end - start < 1300

    def test_it_counts_for_the_order_only_where_it_is_weighed(self) -> None:
        texts = [passage(MILL), passage(FAIR, 2)]

        def read(weights: dict[str, float]) -> str:
            scorer = WrittenScorer(
                worth({"1911": 4.0, "900": 3.9}),
                lambda text, _: 3.0 if text == MILL and len(scorer.read) == 2 else 0.0,
            )
            calibration = Calibration(weights, 0.0, 0.5)
            return (
                SpanReader(scorer, FeatureReader(None), calibration, weights)
                .read("?", texts)[0]
                .text
            )

        assert read(ORDER) == "1911"
        assert read({**ORDER, "context_diff": 1.0}) == "900"


class TestMeanOfWindows:
    def window(self, offsets: list[tuple[int, int]], score: float, null: float) -> Window:
        values = np.full(len(offsets), score, np.float32)
        return Window(values, 2 * values, np.array(offsets, np.int64).reshape(-1, 2), null)

    def test_tokens_in_both_have_mean_scores(self) -> None:
        one = self.window([(0, 3), (4, 6), (7, 9)], 1.0, 0.5)
        mean = mean_window(one, self.window([(4, 6), (7, 9), (10, 12)], 3.0, 1.5))
        assert mean is not None
        assert mean.offsets.tolist() == [[4, 6], [7, 9]]
        assert mean.starts.tolist() == [2.0, 2.0]
        assert mean.ends.tolist() == [4.0, 4.0]
        assert mean.null == 1.0

    def test_tokens_cut_otherwise_are_left_out(self) -> None:
        one = self.window([(0, 3), (4, 6)], 1.0, 0.0)
        mean = mean_window(one, self.window([(0, 2), (4, 6)], 1.0, 0.0))
        assert mean is not None
        assert mean.offsets.tolist() == [[4, 6]]

    def test_without_a_common_token_there_is_none(self) -> None:
        one = self.window([(0, 3)], 1.0, 0.0)
        assert mean_window(one, self.window([(5, 6)], 1.0, 0.0)) is None
        assert mean_window(one, self.window([], 1.0, 0.0)) is None


def test_another_depth_leaves_the_reader_as_it_is() -> None:
    scorer = WrittenScorer(worth({}))
    first = over(scorer)
    other = first.with_network_depth(1)
    assert (other.name, other.weights) == (first.name, first.weights)
    assert other.calibration == first.calibration
    first.read("When did the mill burn?", [passage(MILL), passage(FAIR, 2)])
    assert len(scorer.read[0]) == 2


def test_date_age_and_title_stand_in_front_of_the_passage() -> None:
    scorer = WrittenScorer(worth({}))
    passages = [
        passage(MILL, 1, title="Fire at Sorrel", published="2024-06-05"),
        passage(FAIR, 2, published="2024-06-19"),
        passage(RAIN, 3),
    ]
    over(scorer).read("When did the mill burn?", passages, as_of=date(2024, 6, 20))
    read = dict(zip(scorer.read[0], scorer.leads[0], strict=True))
    assert read == {
        MILL: "5 June 2024, 2 weeks ago | Fire at Sorrel.",
        FAIR: "19 June 2024, yesterday |",
        RAIN: "",
    }


def test_without_the_day_asked_a_date_stands_without_its_age() -> None:
    scorer = WrittenScorer(worth({}))
    dated = passage(MILL, title="Fire at Sorrel", published="2024-06-05")
    over(scorer).read("When did the mill burn?", [dated])
    assert {lead for leads in scorer.leads for lead in leads} == {"5 June 2024 | Fire at Sorrel."}


def test_of_two_reports_the_network_can_prefer_the_one_of_the_day() -> None:
    passages = [
        passage("The strike at the Sorrel mill is in its day 3.", 1, published="2024-06-05"),
        passage("The strike at the Sorrel mill is in its day 9.", 2, published="2024-06-11"),
    ]
    own = over(
        WrittenScorer(worth({"3": 4.0, "9": 4.0}), lambda _, lead: 0.0 if "today" in lead else 6.0)
    )
    question = "In which day is the strike at the Sorrel mill?"
    for asked, said in ((date(2024, 6, 5), "3"), (date(2024, 6, 11), "9")):
        known = [p for p in passages if p.article.published <= asked]
        (best, *_) = own.read(question, known, as_of=asked)
        assert best.text == said


@pytest.mark.parametrize(("order", "embeds"), [(ORDER, False), ({"sentence_cosine": 1.0}, True)])
def test_sentences_are_embedded_only_where_that_counts(
    order: dict[str, float], embeds: bool
) -> None:
    encoder = HashEncoder()
    metadata = ReaderMetadata("0", order, Calibration({}, 0.0, 0.5))
    made = build_reader(WrittenScorer(lambda _: 1.0), encoder.encode, metadata)
    made.read("When did the mill burn?", [passage(MILL)])
    assert bool(encoder.texts) == embeds
