"""The training-free reader on small hand-made stories."""

import pytest

from rag.reader.feature_reader import FeatureReader
from tests.rag.reader.made import passage

HARBOUR = passage(
    "Overview of the second harbour drill. "
    "The second harbour drill was held in Salto on May 4, 2019. "
    "Captain Lena Fox led it with 12 boats.",
    name="harbour",
    title="Harbour drill",
    published="2019-05-05",
)
BAKERY = passage(
    "The bakery on Mill Lane sells 300 loaves a day. It closes at noon.", name="bakery", score=0.6
)


def read(encoder, question, *passages):
    return FeatureReader(encoder.encode).read(question, passages or (HARBOUR, BAKERY))


def quote(span):
    return span.passage.article.text[span.quote_start : span.quote_end]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When was the second harbour drill held?", "May 4, 2019"),
        ("Where was the second harbour drill held?", "Salto"),
        ("How many loaves does the bakery sell?", "300"),
        ("How many boats did Lena Fox lead?", "12"),
    ],
)
def test_picks_the_sentence_and_its_words(encoder, question, answer):
    best = read(encoder, question)[0]
    assert best.text == answer
    assert answer in quote(best)


def test_spans_lie_in_their_quotes_and_fall_in_score(encoder):
    spans = read(encoder, "Who led the drill?")
    assert all(s.quote_start <= s.start < s.end <= s.quote_end for s in spans)
    assert [s.score for s in spans] == sorted((s.score for s in spans), reverse=True)
    assert all(s.features.score == s.score for s in spans)


def test_a_leaning_sentence_is_quoted_with_the_one_before(encoder):
    best = read(encoder, "When does the bakery close?", BAKERY)[0]
    quotes = {quote(s) for s in read(encoder, "When does the bakery close?", BAKERY)}
    assert quote(best).startswith("The bakery")
    assert "It closes at noon." not in quotes


def test_a_caption_loses_to_a_sentence(encoder):
    spans = read(encoder, "Where was the second harbour drill?", HARBOUR)
    captions = [s for s in spans if quote(s).startswith("Overview")]
    assert captions
    assert captions[0].features.has_verb == 0.0
    assert spans[0] not in captions


def test_the_sentence_of_the_year_asked_about_is_first(encoder):
    then = passage("The yard built 9 ferries in 1990.", name="then")
    now = passage("The yard built 5 ferries in 2010.", name="now")
    best = read(encoder, "How many ferries did the yard build in 2010?", then, now)[0]
    assert best.text == "5"


def test_the_same_sentence_of_two_chunks_is_read_once(encoder):
    text = "The first lock opened in May. It was repaired twice. The second lock leaks."
    whole = passage(text, name="lock")
    rest = passage(text, name="lock", start=text.index("It was"))
    quotes = [quote(s) for s in read(encoder, "Which lock was repaired?", rest, whole)]
    assert len(quotes) == len(set(quotes)) == 3
    assert "The first lock opened in May. It was repaired twice." in quotes


def test_no_passage_no_span(encoder):
    assert FeatureReader(encoder.encode).read("Who?", []) == []


def test_reading_again_encodes_nothing_new(encoder):
    reader = FeatureReader(encoder.encode)
    first = reader.read("Who led the drill?", [HARBOUR])
    calls = encoder.calls
    assert reader.read("Who led the drill?", [HARBOUR]) == first
    assert encoder.calls == calls


def test_confidence_is_higher_where_the_passages_answer(encoder):
    reader = FeatureReader(encoder.encode)
    sure = reader.read("When was the second harbour drill held?", [HARBOUR])[0]
    unsure = reader.read("How many whales did Omar Diaz count in 1970?", [HARBOUR])[0]
    confidence = reader.calibration.confidence
    assert confidence(unsure.features) < confidence(sure.features)


def test_without_vectors_it_goes_by_words_alone(encoder):
    by_words = FeatureReader(None).read("When was the second harbour drill held?", [HARBOUR])
    assert by_words[0].text == "May 4, 2019"
    assert (by_words[0].features.sentence_cosine, by_words[0].features.soft_overlap) == (0.0, 0.0)
    both = FeatureReader(encoder.encode).read("When was the second harbour drill held?", [HARBOUR])
    assert both[0].features.sentence_cosine > 0.0 < both[0].features.soft_overlap
    assert both[0].features.idf_overlap == by_words[0].features.idf_overlap
