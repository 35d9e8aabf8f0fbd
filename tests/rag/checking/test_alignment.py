"""Words of a quotation are located exactly, with omissions, or with every difference named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.checking import alignment
from rag.checking.alignment import Change, Words, align, folded, may_align

TEXT = (
    "The board met. The old pier had become unsafe and could not be repaired at any price that "
    "makes sense, Brenner’s office said; 6% of 1,200 piles were sound. It will be replaced."
)


def aligned(quotation):
    return align(quotation, TEXT, Words(TEXT))


@pytest.mark.parametrize(
    "quotation",
    [
        "could not be repaired at any price",
        "Could not be repaired at any price,",
        "could — not be “repaired” at any price",
        "the old pier ... at any price that makes sense",
        "The old pier [it seems] could not be repaired",
        "Brenner's office said",
        "6 % of 1,200 piles were sound",
    ],
)
def test_the_same_words_are_verbatim(quotation):
    found = aligned(quotation)
    assert found.verbatim
    assert found.score == 100
    assert TEXT[found.start : found.end].rsplit(maxsplit=1)[-1].strip(",;.") == quotation.split()[
        -1
    ].strip(",")


@pytest.mark.parametrize(
    ("quotation", "changes"),
    [
        ("5% of 1,200 piles were sound", [Change("5%", "6%")]),
        ("6% of 12,000 piles were sound", [Change("12,000", "1,200")]),
        ("could be repaired at any price that makes sense", [Change("", "not")]),
        (
            "The old pier had never become unsafe and could not be repaired",
            [Change("never", "")],
        ),
    ],
)
def test_a_difference_is_named(quotation, changes):
    found = aligned(quotation)
    assert list(found.changes) == changes
    assert not found.verbatim
    assert found.score < 100


@pytest.mark.parametrize(
    "quotation",
    [
        "nobody has ever seen such a thing",
        "the of and that",
        "",
        "...",
        "[all of it]",
        "price unsafe",
    ],
)
def test_other_words_are_not_found(quotation):
    assert aligned(quotation) is None


@pytest.mark.parametrize(
    ("quotation", "text", "change"),
    [
        ("It will cost €40 million to build", "It will cost $40 million to build", Change("€", "$")),
        ("It will cost 40 million to build", "It will cost £40 million to build", Change("", "£")),
        ("Trade of the port rose by 5 percent", "Trade of the port rose by −5 percent", Change("5", "−5")),
        ("Trade of the port rose by -5 percent", "Trade of the port rose by 5 percent", Change("-5", "5")),
        ("The town's account stood at $5 then", "The town's account stood at -$5 then", Change("$", "-$")),
        ("Its share of it was <5 percent then", "Its share of it was > 5 percent then", Change("<5", "> 5")),
        ("It was found that p<0.05 in both", "It was found that p > 0.05 in both", Change("<0.05", "> 0.05")),
        ("Its share of it was 5 percent then", "Its share of it was ±5 percent then", Change("5", "±5")),
        ("Its share of it was 5 percent then", "Its share of it was .5 percent then", Change("5", ".5")),
        ("The salt was 6% of all of it", "The salt was 6‰ of all of it", Change("6%", "6‰")),
        ("The hall was made for 200 people", "The hall was made for 200+ people", Change("200", "200+")),
        ("The bonds of the port are AA again", "The bonds of the port are AA+ again", Change("aa", "AA+")),
        ("The day at the pier had 20 C", "The day at the pier had 20°C", Change("", "°")),
    ],
)  # fmt: skip
def test_a_sign_that_changes_a_figure_is_a_difference(quotation, text, change):
    found = align(quotation, text, Words(text))
    assert found is not None
    assert list(found.changes) == [change]


@pytest.mark.parametrize(
    ("quotation", "text"),
    [
        ("rose by -5 percent", "It rose by −5 percent."),
        ("of 10-20 people", "A crowd of 10–20 people."),
        ("of 10 – 20 people", "A crowd of 10–20 people."),
        ("of 10 -20 people", "A crowd of 10–20 people."),
        ("20 people came", "A crowd of 10–20 people came."),
        ("the pier – 20 years old", "So the pier—20 years old—fell."),
        ("a 5-year-old ship", "He bought a 5 year-old ship."),
        ("cost $ 40 million", "It cost $40 million."),
        ("that p < 0.05 there", "We see that p<0.05 there."),
        ("at 20 °C on", "It was at 20°C on Monday."),
        ("200+ people", "It holds 200+ people."),
        ("Covid-19 came back", "Then Covid‑19 came back."),
    ],
)
def test_other_marks_beside_a_figure_do_not_count(quotation, text):
    found = align(quotation, text, Words(text))
    assert found is not None
    assert found.verbatim
    assert may_align(quotation, folded(text))


def test_an_omission_skips_no_more_than_a_paragraph():
    text = f"The first part ends. {'Other words stand here. ' * 40}The last part begins."
    assert not getattr(
        align("The first part ... last part begins", text, Words(text)), "verbatim", False
    )


@given(st.text(max_size=80), st.text(max_size=200))
@pytest.mark.slow
def test_offsets_are_inside_the_text(quotation, text):
    found = align(quotation, text, Words(text))
    assert found is None or 0 <= found.start < found.end <= len(text)


@given(st.text(min_size=1, max_size=200), st.data())
def test_every_slice_of_a_text_at_its_words_is_verbatim(text, data):
    words = Words(text)
    count = len(words.texts)
    if not count:
        return
    first = data.draw(st.integers(0, count - 1))
    last = data.draw(st.integers(first, count - 1))
    start, end = words.span(first, last)
    slice_ = text[start:end]
    if "[" in slice_ or "(" in slice_ or "…" in slice_ or "..." in slice_:
        return
    found = align(slice_, text, words)
    assert found is not None
    assert found.verbatim


@pytest.mark.parametrize(
    "quotation", ["the " * 700 + "boat", "the ... " * 300 + "boat", "the boat [of] " * 200 + "it"]
)
@pytest.mark.slow
def test_a_text_of_one_word_is_not_searched_word_by_word(quotation, monkeypatch):
    seen = []
    matches = alignment._matches
    monkeypatch.setattr(alignment, "_matches", lambda *args: seen.append(1) or matches(*args))
    text = "the " * 20_000
    align(quotation, text, Words(text))
    assert len(seen) < 150_000


WORDS = st.sampled_from(
    ["the", "pier", "The", "6 %", "6%", "1,200", "Brenner’s", "brenner's", "STRASSE", "straße", "...",
     "[it]", "old", "—", "was", "€40", "$ 40", "−5", "-5", "-$5", "< 5", "5+", "10–20", ".5"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=14), st.lists(WORDS, max_size=30))
def test_what_aligns_has_enough_of_the_words(quoted, written):
    """The quick look never leaves out a text that the alignment finds something in."""
    quotation, text = " ".join(quoted), " ".join(written)
    if align(quotation, text, Words(text)) is not None:
        assert may_align(quotation, folded(text))


def test_a_text_about_something_else_is_not_compared():
    assert not may_align(
        "could not be repaired at any price", folded("Nine people were hurt in a quake.")
    )
    assert not may_align("...", folded(TEXT))
    assert not may_align("the old pier", "")
    assert may_align("could NEVER be repaired at any price", folded(TEXT))


@given(st.text(max_size=200))
def test_every_word_has_its_place_whatever_folding_does(text):
    words = Words(text)
    assert len(words.spans) == len(words.texts)
    for word, (start, end) in zip(words.texts, words.spans, strict=True):
        assert Words(text[start:end]).texts == [word]
