"""Quotation marks are paired, and the speaker is the person whom the sentence names."""

import pytest

from rag.text import quotations
from rag.text.quotations import (
    count_marks,
    count_quotations,
    find_quotations,
    is_of,
    quotation_spans,
)


def found(text):
    return [(text[one.start : one.end], one.speaker) for one in find_quotations(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('He said: "The pier is closed now."', ["The pier is closed now."]),
        ("He said: “The pier is closed now.”", ["The pier is closed now."]),
        ("Er sagte: „Der Hafen ist zu“, und ging.", ["Der Hafen ist zu"]),
        ("Il a dit : « Le port est fermé » hier.", ["Le port est fermé"]),
        ("他说「港口已经关闭」。", ["港口已经关闭"]),
        ('The 6" pipe and the 8" pipe burst.', []),
        ('"We will\nnot pay," he said.', ["We will", "not pay,"][:1]),
        ("No marks in this one.", []),
        ('An open "mark that nobody closes', ["mark that nobody closes"]),
        ('""', []),
        ("'We lost ninety years in an hour,' said Ann Lee.", ["We lost ninety years in an hour,"]),
        ("‘We lost it all,’ she said. ‘It’s gone.’", ["We lost it all,", "It’s gone."]),
        ("The boys' toys and the girls' books are 'not for sale', he said.", ["not for sale"]),
        ("'It's the boys' toys that went,' he said.", ["It's the boys' toys that went,"]),
        ("Rock 'n' roll of the '90s isn't dead.", ["n"]),
    ],
)
def test_spans(text, words):
    assert [text[s:e] for s, e in quotation_spans(text)][: len(words) or None] == words


def test_a_quotation_over_paragraphs_is_one_a_paragraph():
    text = '"We began with nothing at all.\n\n"Now we have three ships," Ada Ruhl said.'
    assert found(text) == [
        ("We began with nothing at all.", None),
        ("Now we have three ships,", "Ada Ruhl"),
    ]


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ('"The old pier is unsafe," chairwoman Liska Brenner said on Tuesday.', "Liska Brenner"),
        ('Ben Oake told reporters that the plan was "a gift to two lines".', "Ben Oake"),
        ('"The plan is a gift," said Ben Oake, who leads the opposition.', "Ben Oake"),
        ('According to Mira Toll, the deal was "a gift to two lines".', "Mira Toll"),
        ('The plan is "a gift to two lines", the paper wrote.', None),
        ('"We will go to court," he said.', None),
        ('Mira Toll met Ben Oake. "We agreed on every point," Oake said after it.', "Oake"),
        ('Helena Voss, chair of Harrow Hospitals, said: "We close in March."', "Helena Voss"),
        ('Mark Lowe, minister for Transport Canada, said "it will be built".', "Mark Lowe"),
        ('"We close in March," said Huw Pritchard. Scrap metal rose.', "Huw Pritchard"),
        ('"I thank Ben Oake for the ship," said Mira Toll.', "Mira Toll"),
        ('"We close in March," said the lawyer for Ben Oake.', None),
        ('"We close in March," said Ben Oake\'s lawyer.', None),
        ('"We close in March," the board told Ben Oake.', None),
        ('"We close in March," said Mira Toll, the mayor of Orvel.', "Mira Toll"),
        ('"We close in March," said Ben Oake.', "Ben Oake"),
    ],
)
def test_speakers(text, speaker):
    assert [one for _, one in found(text)] == [speaker]


@pytest.mark.parametrize(
    ("before", "of"),
    [
        ("the lawyer for ", True),
        ("the widow of the late Mayor ", True),
        ("the widow of Mr. ", True),
        ("They told the minister ", True),
        ("a spokesman from ", True),
        ("a letter from ", False),
        ("according to Mayor ", False),
        ("the Secretary of State ", False),
        ("the widow of the mayor. ", False),
        ("the mayor of Orvel, ", False),
        ("", False),
    ],
)
def test_a_name_may_be_what_another_is_of(before, of):
    assert is_of(f"{before}Ben Oake said", len(before)) is of


def test_short_ones_are_terms_or_irony():
    assert found('The so-called "clean coal" of the "green party" is dear.') == []


@pytest.mark.slow
def test_a_draft_of_one_long_line_is_read_around_each_quotation(monkeypatch):
    read = []
    spans = quotations.sentence_spans
    monkeypatch.setattr(quotations, "sentence_spans", lambda t: read.append(len(t)) or spans(t))
    text = "“It failed on Monday,” said Ann Roe. The pier is old and it is closed. " * 500
    assert {one.speaker for one in find_quotations(text)} == {"Ann Roe"}
    assert max(read) < 20_000


def test_quotations_are_counted_as_they_are_found():
    for text in (
        "He said “one two three” and “four five” and 'six seven eight.'",
        "“" * 50,
        "Nothing quoted.",
    ):
        assert count_quotations(text) == len(find_quotations(text))
    assert count_marks("“a” 'b' don’t") == 5
