"""Chunks: slices of the article within the budget, at sentence ends, and nothing left out."""

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.index.chunking import ChunkBudget, ChunkedText, chunk_spans, vector_text
from rag.index.tokens import SliceCounter, count_tokens
from rag.text.sentences import sentence_spans

STORY = (
    "The harbour of Lindau ordered seven ferries. The mayor said so on Monday. They sail in May. "
    "Each of them is electric. The order is worth 48 million euros. The yard is in Bregenz."
)


def check(text, budget):
    """Hold what must be true of every text; returns the chunks."""
    chunks = chunk_spans(text, budget)
    covered = set()
    for start, end in chunks:
        assert 0 <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        assert count_tokens(text[start:end]) <= budget.tokens
        covered.update(range(start, end))
    for (start, end), (following, last) in pairwise(chunks):
        # In order, and each says something that the one before does not.
        assert start < following
        assert end < last
    assert all(n in covered for n, character in enumerate(text) if not character.isspace())
    return chunks


# A character of four bytes can be four tokens, and no cut goes through a character.
budgets = st.builds(ChunkBudget, tokens=st.integers(4, 40), overlap_sentences=st.integers(0, 3))


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(st.text(max_size=300), budgets)
@example("a" + "\u0301" * 60, ChunkBudget(8, 1))
@example("👨‍👩‍👧‍👦" * 6, ChunkBudget(8, 1))
@example("<|endoftext|> <|fim_prefix|>. <|endofprompt|>", ChunkBudget(8, 1))
def test_any_unicode(text, budget):
    check(text, budget)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            ["Trade grew.", "Xi said,", "U.S.", "中文。", "naïve", "\n\n", "x" * 90, "—", ";", "12"]
        )
    ).map(" ".join),
    budgets,
)
@pytest.mark.slow
def test_sentences_of_all_lengths(text, budget):
    check(text, budget)


def test_sentences_are_kept_whole_and_shared():
    sentences = sentence_spans(STORY)
    starts, ends = {s for s, _ in sentences}, {e for _, e in sentences}
    for overlap in (0, 1, 2):
        chunks = check(STORY, ChunkBudget(30, overlap))
        assert len(chunks) > 1
        assert all(start in starts and end in ends for start, end in chunks)
        for (_, end), (following, _) in pairwise(chunks):
            shared = [s for s in sentences if following <= s[0] and s[1] <= end]
            assert len(shared) == overlap


def test_short_article_is_one_chunk():
    assert chunk_spans(STORY, ChunkBudget()) == [(0, len(STORY))]
    assert chunk_spans("", ChunkBudget()) == []
    assert chunk_spans(" \n ", ChunkBudget()) == []


def test_long_sentence_is_cut_after_clauses():
    clause = "the harbour of Lindau ordered seven new electric ferries"
    text = "; ".join([clause] * 5) + "."
    chunks = [text[start:end] for start, end in check(text, ChunkBudget(26, 0))]
    assert all(chunk.endswith((";", ".")) for chunk in chunks)


def test_long_clause_is_cut_between_words():
    text = " ".join(["harbour"] * 60) + "."
    chunks = [text[start:end] for start, end in check(text, ChunkBudget(16, 0))]
    assert {word for chunk in chunks for word in chunk.split()} == {"harbour", "harbour."}


def test_long_word_is_cut_between_graphemes():
    text = "é" * 50 + "e\u0301" * 50
    for start, end in check(text, ChunkBudget(16, 0)):
        assert not text[start:end].startswith("\u0301")


def test_long_chinese_is_cut_after_its_own_marks():
    text = "林道港订购了七艘渡轮，市长说它们是电动的，" * 6 + "首航在五月。"
    chunks = [text[start:end] for start, end in check(text, ChunkBudget(48, 0))]
    assert all(chunk.endswith(("，", "。")) for chunk in chunks)


@pytest.mark.parametrize(
    "bomb",
    [
        "a" * 200_000,
        "ᄀ" * 100_000,
        "a\u0301\u0327" * 50_000,
        " " * 100_000 + "b",
        "汉" * 50_000,
        "<|endoftext|>" * 9000,
    ],
    ids=["letters", "one grapheme", "marks", "spaces", "han", "special"],
)
@pytest.mark.slow
def test_bombs_are_cut(bomb):
    # Cutting that takes more than linear time in one of these runs into the suite's time limit.
    chunks = chunk_spans(bomb, ChunkBudget())
    assert all(count_tokens(bomb[start:end]) <= 128 for start, end in chunks)


def test_tokens_are_counted_as_tiktoken_does():
    # "cl100k_base" on these words, as its authors' tokenizer page shows them.
    assert count_tokens("hello world") == 2
    assert count_tokens("tiktoken is great!") == 6
    assert count_tokens("") == 0


@pytest.mark.slow
def test_counting_opens_no_connection_and_writes_nothing(tmp_path):
    code = (
        "import socket, sys\n"
        "def refuse(*a): raise SystemExit('connected')\n"
        "socket.socket.connect = refuse\n"
        "from rag.index.tokens import count_tokens\n"
        "assert count_tokens('hello world') == 2\n"
    )
    variables = {"TMPDIR": str(tmp_path), "HOME": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_title_stands_before_the_embedded_text_where_that_is_on():
    assert (
        vector_text("Ferries", "They sail.", ChunkBudget(title_in_vector=True))
        == "Ferries\nThey sail."
    )
    assert vector_text("Ferries", "They sail.", ChunkBudget(title_in_vector=False)) == "They sail."
    assert vector_text(None, "They sail.", ChunkBudget()) == "They sail."


def test_a_very_long_title_leaves_room_for_the_chunk():
    title = " ".join(f"word{n}" for n in range(150))
    made = vector_text(title, "They sail.", ChunkBudget())
    short, _, text = made.rpartition("\n")
    assert text == "They sail."
    assert title.startswith(short)
    assert 0 < count_tokens(short) <= 64
    unbroken = vector_text("x" * 1000, "They sail.", ChunkBudget()).rpartition("\n")[0]
    assert 0 < count_tokens(unbroken) <= 64


def test_a_title_of_usual_length_is_embedded_as_before():
    title = "Lindau council votes after long debate to buy seven electric ferries from Arbon yard"
    assert vector_text(title, "They sail.", ChunkBudget()) == f"{title}\nThey sail."


PIECES = st.sampled_from(
    ["Trade", "It's", "12345", "'ll", "U.S.", "中文。", "naïve", "\n\n", "—", '"', "  ", " ", "\u00a0",
     "…", "don't", "\u0301", "👩‍👧", "(4)", ".\n", "x" * 40, "<|endoftext|>"]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join)))
@example("a \"b\" 'sd 's\n \n  x")
@pytest.mark.slow
def test_slices_count_as_if_they_were_encoded_alone(text):
    counter = SliceCounter(text)
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            if not text[end - 1].isspace():
                assert counter.count(start, end) == count_tokens(text[start:end])


def test_a_text_too_large_to_index_is_counted_all_the_same(monkeypatch):
    monkeypatch.setattr("rag.index.tokens._MAX_INDEXED", 10)
    assert chunk_spans(STORY, ChunkBudget(30)) == check(STORY, ChunkBudget(30))
    assert SliceCounter(STORY).count(0, 11) == count_tokens(STORY[:11])


def test_parts_are_chunked_as_texts_of_their_own():
    lines = [
        f"Line {n} of the report. It was read in the town hall, said Dr. Ama Ofori."
        for n in range(60)
    ]
    text = "\n\n".join(lines)
    budget = ChunkBudget(tokens=48)
    cuts = [text.index(lines[n]) for n in (10, 11, 30, 32)]
    parts = [(0, cuts[0]), (cuts[1], cuts[2]), (cuts[3], len(text))]
    alone = [
        (first + start, first + end)
        for first, last in parts
        for start, end in chunk_spans(text[first:last], budget)
    ]
    assert ChunkedText(text, budget).spans_of(parts) == alone


def test_the_faster_pattern_cuts_a_text_into_the_same_tokens():
    text = (
        "‘We can’t,’ she said\u2014it’s 3\xbd km; S\xe3o Paulo’s 1,234,567 people (27 %) don't\r\n"
        "  mind\u2026  \u2192 caf\xe9\u0301 \U0001f600 \u20ac12bn\n\n O'NEILL'S \xaa\xba\xb5 x\xb2 "
    ).strip()
    words = [place for place in range(len(text)) if not text[place - 1 : place].isalnum()]
    counter = SliceCounter(text)
    for start in words:
        for end in range(start + 1, len(text) + 1):
            if not text[end - 1].isspace():
                assert counter.count(start, end) == count_tokens(text[start:end]), text[start:end]
