import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reader.span_normalisation import expand_span


def whole(text: str, words: str) -> str:
    start = text.index(words)
    first, last = expand_span(text, start, start + len(words), 0, len(text))
    return text[first:last]


@pytest.mark.parametrize(
    ("text", "picked", "wanted"),
    [
        ("Imports came to 1.45 trillion yuan last year.", "1.45", "1.45 trillion yuan"),
        ("Imports came to 1.45 trillion yuan last year.", "45 trillion", "1.45 trillion yuan"),
        ("The fund holds $3.2 billion.", "3.2 billion", "$3.2 billion"),
        ("The fund holds US$ 12 million in cash.", "12 million", "US$ 12 million"),
        ("Sales rose 6.1 percent in May.", "6.1", "6.1 percent"),
        ("Sales rose about 6.1% in May.", "6.1", "6.1%"),
        ("It opened in November 2022.", "2022", "2022"),
        ("It was signed (in Rome) that day.", "in Rome)", "in Rome"),
        ("The Code of Conduct (COC) is near.", "Code of Conduct (COC", "Code of Conduct (COC)"),
        ("He called it “a long road” to peace.", "“a long road", "a long road"),
        ('She said "not today" twice.', '"not today', "not today"),
        ("Talks in Hanoi, the capital,", " Hanoi,", "Hanoi"),
        ("The U.S. said no.", "U.S.", "U.S."),
        ("It was led by Le Van.", "Le Van.", "Le Van"),
        ("A follow-up meeting is due.", "up meeting", "follow-up meeting"),
        ("They met the party's secretary.", "party", "party"),
        ("They met the party’s secretary.", "part", "party"),
        ("It is sold by McDonald's.", "McDonald's", "McDonald's"),
        ("It was led by O'Neill.", "O", "O'Neill"),
        ("A 16-year-old won.", "16", "16"),
        ("A 16-year-old won.", "year-old", "16-year-old"),
        ("A COVID-19 ward closed.", "COVID", "COVID-19"),
        ("An F-16 landed.", "16", "F-16"),
        ("About 36 agreements were signed.", "36 agreements", "36 agreements"),
    ],
)
def test_spans_are_made_whole(text: str, picked: str, wanted: str) -> None:
    assert whole(text, picked) == wanted


def test_a_span_never_leaves_its_sentence() -> None:
    text = "He paid 5 million. dollars are strong."
    start = text.index("5 million")
    assert expand_span(text, start, start + len("5 million"), 0, 18) == (start, start + 9)


@given(st.text(alphabet="ab 1.,%$()“”\"'-é中\n", min_size=1, max_size=40), st.data())
def test_any_span_stays_inside_and_is_never_empty(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    first, last = expand_span(text, start, end, 0, len(text))
    assert 0 <= first < last <= len(text)
