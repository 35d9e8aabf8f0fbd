"""The benchmark's own parts: ratios, archives that repeat, and a command that says what it cannot do."""

import json
import subprocess
import sys
from itertools import islice

import numpy as np
import pytest

from eval.lab.bench.archive import ArchiveEncoder, Sources, articles, invented
from eval.lab.bench.figures import Curve, Figure, compared, quantile, rounds
from eval.lab.bench.report import page, print_table
from rag.index.chunking import ChunkBudget, chunk_spans
from tests.conftest import ROOT, HashEncoder

SMALL = Sources(
    (
        ("The harbour of Lindau ordered 12 ferries.", "Mayor Ann Lee spoke for 3 hours."),
        ("It rained.",),
    ),
    (("Harbour grows",), ("Rain in Bregenz",)),
    ("Lake Post",),
    ("Who spoke?",),
)


def test_ratios_are_of_the_same_round():
    ratio, (low, high) = compared([1.0, 2.0, 4.0], [2.0, 6.0, 4.0])
    assert ratio == 2.0
    assert (low, high) == (1.5, 2.5)
    assert compared([2.0], [3.0]) == (1.5, (1.5, 1.5))


def test_quantile_is_the_nearest_rank():
    assert quantile(range(1, 101), 0.95) == 96
    assert quantile([7.0], 0.5) == 7.0


def test_ways_take_turns():
    order = []
    taken = rounds({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2, warm=0)
    assert order == ["a", "b", "b", "a"]
    assert [len(taken[name]) for name in "ab"] == [2, 2]


def test_an_archive_repeats_and_goes_on():
    whole = list(articles(SMALL, 6))
    assert [a.text for a in whole[3:]] == [a.text for a in articles(SMALL, 3, first=3)]
    assert len({a.id for a in whole}) == 6
    assert [a.text for a in articles(SMALL, 2, seed=2)] != [a.text for a in whole[:2]]


@pytest.mark.slow
def test_made_news_is_cut_like_news():
    made = list(islice(articles(invented(), 40), 40))
    chunks = sum(len(chunk_spans(a.text, ChunkBudget())) for a in made) / len(made)
    assert 4 < chunks < 12


def test_a_small_archive_takes_few_stories():
    few, every = invented(100), invented()
    assert 500 <= sum(map(len, few.sentences)) < 700
    assert few.sentences == every.sentences[: len(few.sentences)]
    assert len(few.sentences) == len(few.titles)
    assert invented(100_000) == every


def test_chunks_need_no_model_and_questions_do():
    model = HashEncoder()
    encoder = ArchiveEncoder(SMALL, model)
    asked = len(model.texts)
    made = next(articles(SMALL, 1))
    vectors = encoder.encode([made.text, made.text, "Who spoke?"])
    assert model.texts[asked:] == ["Who spoke?"]
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors[0], vectors[1])


def test_what_was_found_is_printed_and_drawn(capsys):
    from rich.console import Console

    figures = [
        Figure("reading", "ten passages", 81.5, "ms", "<= 100 ms", "torch", 240.0, 2.9, (2.5, 3.1))
    ]
    print_table(figures, Console(width=200))
    said = capsys.readouterr().out
    assert "81.5 ms" in said
    assert "2.90 (2.50 to 3.10)" in said
    about = {"commit": "c<0", "date": "today", "machine": {"processor": "p"}}
    drawn = page(about, [Curve("scale", "opening (s)", "chunks", "s", ((1e4, 0.1), (1e5, 0.4)))])
    assert "c&lt;0" in drawn
    assert "<polyline" in drawn


@pytest.mark.parametrize("part", ["nonsense"])
@pytest.mark.slow
def test_an_unknown_part_is_one_line(part):
    done = subprocess.run(
        [sys.executable, "-m", "eval.lab.bench", part],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=100,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "no such part" in done.stderr


@pytest.mark.slow
def test_scale_measures_a_small_archive(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "eval.lab.bench", "scale", "--size", "200", "--out", str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "results.json").read_text())
    assert {"commit", "machine", "versions", "date", "figures", "curves"} <= found.keys()
    by_name = {figure["name"].partition(": ")[2]: figure for figure in found["figures"]}
    assert by_name["dense recall at 10"]["value"] == 1.0
    assert by_name["hybrid search, 95th percentile"]["value"] > 0
