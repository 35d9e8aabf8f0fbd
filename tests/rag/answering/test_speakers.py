"""Words of the one asked about come before others', where there are any."""

from rag.answering.speakers import OTHER_WORDS, prefer_speaker
from tests.rag.reader.made import passage, span

HERS = passage('Mayor Ann Lee said the dam was "safe enough".', name="hers")
HIS = passage('Engineer Bo Lund said the dam was "a danger".', name="his")
PLAIN = passage("The dam was closed in May.", name="plain")


def read():
    return [
        span(HIS, "a danger", score=1.2),
        span(HERS, "safe enough", score=1.0),
        span(PLAIN, "closed", score=0.95),
    ]


def test_another_speakers_words_are_moved_down():
    found = prefer_speaker(read(), "mayor Lee")
    assert [one.text for one in found] == ["safe enough", "closed", "a danger"]
    assert found[-1].score == found[-1].features.score == 1.2 - OTHER_WORDS


def test_words_of_the_one_asked_about_are_told_apart_for_the_confidence():
    found = prefer_speaker(read(), "mayor Lee")
    assert [one.features.by_speaker for one in found] == [1, 0, 0]
    assert not any(one.features.by_speaker for one in prefer_speaker(read(), "Calorix"))


def test_words_of_another_of_the_same_surname_are_moved_down():
    namesake = passage('Engineer Bo Lee said the dam was "a danger".', name="namesake")
    spans = [span(namesake, "a danger", score=1.2), *read()[1:]]
    assert prefer_speaker(spans, "Ann Lee")[0].text == "safe enough"


def test_nothing_moves_where_the_one_asked_about_says_nothing():
    assert prefer_speaker(read(), "Calorix") == read()
    assert prefer_speaker([], "Ann Lee") == []
