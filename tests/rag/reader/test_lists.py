import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reader.lists import asks_for_several, whole_list


@pytest.mark.parametrize(
    "question",
    [
        "Which countries border the lake?",
        "Which two ministers met in Pelm?",
        "Who were the speakers?",
        "What new fields did they name?",
        "Name the three ports.",
        "Which UN agencies took part?",
        "What are the main goals of the plan?",
        "Which three ports were named?",
        "What causes were named?",
        "What are China's goals?",
        "Which trade deals were signed?",
        "Which news agencies reported it?",
        "What companies make trams?",
    ],
)
def test_several_are_asked_for(question: str) -> None:
    assert asks_for_several(question)


@pytest.mark.parametrize(
    "question",
    [
        "Which country borders the lake?",
        "What does the pact say?",
        "Who was the speaker?",
        "What was the cost of the bus?",
        "When was the congress held?",
        "Which congress met in Pelm?",
        "What causes inflation?",
        "Which news agency reported it?",
        "What is the status of the talks?",
        "Which series was shown?",
        "Which species was found?",
        "Which company makes trams?",
        "Which company operates the trams?",
        "Which UN agency took part?",
        "What happens next?",
    ],
)
def test_one_is_asked_for(question: str) -> None:
    assert not asks_for_several(question)


@pytest.mark.parametrize(
    ("text", "picked", "wanted"),
    [
        ("for Ada Roe, Jo Vale and Ilda Moss spoke.", "Jo Vale", "Ada Roe, Jo Vale and Ilda Moss"),
        ("They met in Pelm and Sorrel.", "Pelm", "Pelm and Sorrel"),
        ("It is on trade, fish, and clean air.", "fish", "trade, fish, and clean air"),
        ("He met Ada Brook, the mayor, at noon.", "Ada Brook", "Ada Brook"),
        ("The port, which is old, closed.", "port", "port"),
        ("It sells bread and was founded in 1911.", "bread", "bread"),
        ("Sorrel, Pelm's rival, won.", "Sorrel", "Sorrel"),
        ("In Sorrel, Pelm, Arle and Moss lost.", "Arle", "Pelm, Arle and Moss"),
        ("However, Pelm and Arle lost.", "Pelm", "Pelm and Arle"),
        ("They are Pelm, Arle and Moss. Sorrel and Salto may join.", "Arle", "Pelm, Arle and Moss"),
        ("Only eBay, Pelm and Arle sold.", "Arle", "Pelm and Arle"),
    ],
)
def test_an_enumeration_is_kept_whole_and_nothing_else(text: str, picked: str, wanted: str) -> None:
    start = text.index(picked)
    first, last = whole_list(text, start, start + len(picked), 0, len(text))
    assert text[first:last] == wanted


@given(st.text(alphabet="Ab ,.and", min_size=1, max_size=40), st.data())
def test_a_list_holds_its_span_and_stays_inside(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    first, last = whole_list(text, start, end, 0, len(text))
    assert 0 <= first <= start < end <= last <= len(text)
