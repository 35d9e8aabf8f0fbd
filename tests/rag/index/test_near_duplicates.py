"""Which articles are taken for copies of one story, and that finding them does not grow with the archive."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from rag.index import Index, catalog
from rag.index.catalog import schema
from rag.index.near_duplicates import find_copy_group, is_copy, overlap
from rag.index.sketches import SKETCH_SIZE, among, shingles, sketch, sketch_of, words_of
from rag.index.verify import repair_index, verify_index
from rag.types import Article
from tests.conftest import HashEncoder

WIRE = (
    "The council of Orvane closed its old market hall on Monday after engineers found rust in the roof.",
    "Traders had to carry out their goods within two hours and were given tents on the square instead.",
    "The hall was built in 1903 and is used by 74 traders, most of whom sell fruit, cheese and fish.",
    "A spokeswoman put the cost of a new roof at nine million crowns, of which a third is covered.",
    "Work cannot begin before spring because the steel has to be ordered from a mill in Tovik.",
    "Until then the city asks for no rent, and the tram will stop at the square on market days.",
)
BACKGROUND = (
    "Orvane has closed eleven public buildings in the past two years, among them a pool and a theatre.",
    "The city owes 310 million crowns and may not borrow more without the consent of the province.",
)


def text(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs)


def other(number: int, *more: str) -> str:
    """Return a story that shares nothing with those of another number but ``more``."""
    own = [
        f"In district {number} report{number} said word{number}x{line} about item{number}y{line} while "
        f"people{number}z{line} waited{number} near house{line}n{number} for news{number} that came{line}."
        for line in range(4)
    ]
    return text(*own, *more)


def groups(folder, texts: Sequence[str]) -> list[int]:
    with Index.open(folder / "index", create=True, encoder=HashEncoder()) as index:
        index.add(Article(f"a{n}", one, sources=(f"/{n}",)) for n, one in enumerate(texts))
        connection = index._connections.get()
        found = catalog.copy_groups(connection, [f"a{n}" for n in range(len(texts))])
    return [found[f"a{n}"] for n in range(len(texts))]


@pytest.mark.parametrize(
    "copy",
    [
        text(*WIRE),
        text(*WIRE[:2]),
        text(*WIRE).replace("74", "76").replace("nine", "ten"),
        text("ORVANE (Lake Wire) - " + WIRE[0], *WIRE[1:]),
        text("Rust has cost Orvane its market.", *WIRE[1:]),
        text(
            *WIRE[:3], "In Halden the hall is sound, the mayor said when he was asked.", *WIRE[3:]
        ),
        text("Advertisement", *WIRE, "Sign up for our letter and read more of what we find out."),
        text(*WIRE).upper(),
    ],
    ids=["verbatim", "cut", "figures", "dateline", "lead", "local", "furniture", "case"],
)
def test_a_reprint_joins_the_group_in_either_order(tmp_path, copy):
    for number, texts in enumerate(((text(*WIRE), copy), (copy, text(*WIRE)))):
        (tmp_path / str(number)).mkdir()
        assert len(set(groups(tmp_path / str(number), texts))) == 1


@pytest.mark.parametrize(
    "story",
    [
        text(WIRE[0], *(other(1).split("\n\n"))),
        text(*other(2).split("\n\n")[:3], *WIRE[-2:]),
        text(*other(3).split("\n\n"), *WIRE[:2], *other(4).split("\n\n")),
        "The council of Orvane closed its hall.",
    ],
    ids=["quotes it", "follow-up", "digest", "brief"],
)
def test_what_shares_a_part_is_no_copy(tmp_path, story):
    assert len(set(groups(tmp_path, (text(*WIRE), story)))) == 2


@pytest.mark.slow
def test_what_many_stories_share_is_no_sign(tmp_path):
    short = [text(*other(n).split("\n\n")[:1], *BACKGROUND, *BACKGROUND[:1]) for n in range(12)]
    found = groups(tmp_path, [other(n + 20, *BACKGROUND) for n in range(9)] + short)
    assert len(set(found)) == 21


def test_groups_do_not_chain(tmp_path):
    lines = [f"{one} {two}" for one, two in zip(WIRE, other(5).split("\n\n"), strict=False)]
    more = other(6).split("\n\n") + other(7).split("\n\n")
    window = [text(*(lines + more)[n : n + 5]) for n in range(7)]
    found = groups(tmp_path, window)
    assert found[0] == found[1]
    assert len(set(found)) > 1
    assert found[0] != found[4]


def test_when_the_first_is_removed_the_next_stands_for_the_group(tmp_path):
    with Index.open(tmp_path / "index", create=True, encoder=HashEncoder()) as index:
        index.add([Article("one", text(*WIRE)), Article("two", text(*WIRE[:4]))])
        index.remove(["one"])
        index.add([Article("three", text(*WIRE[:5]))])
        assert index.copies("three") == ["two", "three"]
    assert verify_index(tmp_path / "index", quick=False) == []


def test_the_work_for_an_article_does_not_grow_with_its_copies(tmp_path):
    def statements(connection: sqlite3.Connection, number: int) -> int:
        seen: list[str] = []
        connection.set_trace_callback(seen.append)
        find_copy_group(connection, text(*WIRE[:5], f"Copy {number} has its own last line."))
        connection.set_trace_callback(None)
        return len(seen)

    with Index.open(tmp_path / "index", create=True, encoder=HashEncoder()) as index:
        index.add([Article("first", text(*WIRE))])
        few = statements(index._connections.get(), 0)
        index.add(Article(f"c{n}", text(*WIRE, f"Copy {n}.")) for n in range(60))
        many = statements(index._connections.get(), 1)
    assert many <= few + SKETCH_SIZE
    assert len(sketch(text(*WIRE))) == SKETCH_SIZE


def test_a_damaged_first_article_stops_no_add(tmp_path):
    folder = tmp_path / "index"
    with Index.open(folder, create=True, encoder=HashEncoder()) as index:
        index.add([Article("one", text(*WIRE))])
    with sqlite3.connect(folder / schema.FILE) as connection:
        connection.execute("UPDATE articles SET title = 'x'")
    connection.close()
    with Index.open(folder, encoder=HashEncoder()) as index:
        assert index.add([Article("two", text(*WIRE))]).added == 1


def test_a_sketch_under_another_group_is_noticed_and_mended(tmp_path):
    folder = tmp_path / "index"
    with Index.open(folder, create=True, encoder=HashEncoder()) as index:
        index.add([Article("one", text(*WIRE)), Article("two", other(1))])
    with sqlite3.connect(folder / schema.FILE) as connection:
        connection.execute("UPDATE sketches SET copy_group = 2 WHERE seq = 1")
    connection.close()
    (problem,) = verify_index(folder, quick=False)
    assert "near-duplicates cannot be detected" in problem.text
    repair_index(folder)
    assert verify_index(folder, quick=False) == []


def test_overlap_counts_words_of_equal_runs():
    one = words_of(text(*WIRE))
    shared = overlap(one, one[: len(one) // 2])
    assert shared.words == (len(one), len(one) // 2)
    assert shared.covered[1] == 1
    assert shared.covered[0] == pytest.approx(0.5, abs=0.01)
    assert shared.begins == (0, 0)
    assert is_copy(shared)
    assert not is_copy(replace(shared, begins=(0.6, 0)))
    without = overlap(one, one, passed_over=set(shingles(one[:40]).tolist()))
    assert without.words == (len(one) - 40, len(one) - 40)
    assert overlap([], []).covered == (0, 0)


@pytest.mark.parametrize("few", ["", "...", "One", "one two three four"])
def test_short_texts_have_a_sketch_and_copy_nothing(few):
    assert len(sketch(few)) == 1
    assert not is_copy(overlap(words_of(few), words_of(few)))


def test_a_character_without_spaces_is_a_word():
    assert words_of("新华社 Orvane ニュース 3月") == [
        *"新华社", "orvane", *"ニュ", "ー", *"ース"[1:], "3", "月",
    ]  # fmt: skip


def test_words_are_the_same_by_the_pattern_for_plain_texts():
    plain = "".join(map(chr, [*range(0x20, 0x558), *range(0x2000, 0x2070), *range(0x2100, 0x2C00)]))
    mixed = "\u6c49".join(plain.split(" "))
    for text in (plain, " ".join(plain), mixed):
        wide = [word for word in words_of(f"{text} \u6c49") if word != "\u6c49"]
        assert [word for word in words_of(text) if word != "\u6c49"] == wide


def test_values_are_found_among_others():
    values, wanted = np.array([5, -3, 9, 5], np.int64), np.array([9, 9, -3], np.int64)
    assert among(values, wanted).tolist() == [False, True, True, False]
    assert sketch_of(["a"] * 40) == sketch("a " * 40)
    assert len(sketch_of(["a"] * 40)) == 1
