"""Words of a quotation are located exactly, with omissions, or with every difference named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.checking import alignment
from rag.checking.alignment import Change, align, tokens

TEXT = (
    "The board met. The old pier had become unsafe and could not be repaired at any price that "
    "makes sense, Brenner’s office said; 6% of 1,200 piles were sound. It will be replaced."
)


def aligned(quotation):
    return align(quotation, TEXT, tokens(TEXT))


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


def test_an_omission_skips_no_more_than_a_paragraph():
    text = f"The first part ends. {'Other words stand here. ' * 40}The last part begins."
    assert not getattr(
        align("The first part ... last part begins", text, tokens(text)), "verbatim", False
    )


@given(st.text(max_size=80), st.text(max_size=200))
@pytest.mark.slow
def test_offsets_are_inside_the_text(quotation, text):
    found = align(quotation, text, tokens(text))
    assert found is None or 0 <= found.start < found.end <= len(text)


@given(st.text(min_size=1, max_size=200), st.data())
def test_every_slice_of_a_text_at_its_words_is_verbatim(text, data):
    words = tokens(text)
    if not words:
        return
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    slice_ = text[words[first].start : words[last].end]
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
    align(quotation, text, tokens(text))
    assert len(seen) < 150_000
