"""The loss by hand-worked numbers, and an interrupted run that ends like one that was not."""

import json
import math
from dataclasses import fields, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from eval.lab.train.examples import Example
from eval.lab.train.features import Batch
from eval.lab.train.loop import train
from eval.lab.train.losses import comparison_of, loss_of
from eval.lab.train.plan import Plan
from tests.eval.lab.train.conftest import SMALL
from tests.eval.lab.train.test_data import MILL
from tests.eval.lab.train.test_synthetic import STORY

pytestmark = pytest.mark.slow


def batch(*, pairs: list[tuple[int, int, float]], inside: tuple[int, int] | None = None) -> Batch:
    shut = np.float32(-1e9)
    firsts, lasts = np.zeros((1, 6), np.int64), np.zeros((1, 6), np.int64)
    shares = np.full((1, 6), shut, np.float32)
    for n, (first, last, share) in enumerate(pairs):
        firsts[0, n], lasts[0, n], shares[0, n] = first, last, math.log(share)
    region = np.full((1, 4), shut, np.float32)
    if inside:
        region[0, inside[0] : inside[1] + 1] = 0
    open_ = np.array([[0, shut, 0, 0]], np.float32)
    ones = np.ones((1, 4), np.int64)
    by_sentence, asked = np.array([bool(inside)]), np.zeros(1, np.int64)
    return Batch(ones, ones, open_, firsts, lasts, shares, region, by_sentence, asked)


def side_by_side(*batches: Batch, asked: list[int]) -> Batch:
    """Return several batches as one, with the question of each row."""
    rows = {f.name: np.concatenate([getattr(b, f.name) for b in batches]) for f in fields(Batch)}
    return Batch(**{**rows, "asked": np.array(asked, np.int64)})


def test_the_loss_of_even_scores_is_what_chance_gives() -> None:
    # Three open places, so each start and each end has probability 1/3.
    even = torch.zeros(1, 4, 2)
    one = loss_of(even, batch(pairs=[(2, 3, 1.0)])).item()
    assert one == pytest.approx(2 * math.log(3))
    two = loss_of(even, batch(pairs=[(2, 3, 0.5), (3, 3, 0.5)])).item()
    assert two == pytest.approx(2 * math.log(3))
    sentence = loss_of(even, batch(pairs=[], inside=(2, 3))).item()
    assert sentence == pytest.approx(2 * math.log(3 / 2))


def test_a_closed_place_takes_no_probability() -> None:
    scores = torch.tensor([[[0.0, 0.0], [50.0, 50.0], [0.0, 0.0], [0.0, 0.0]]])
    assert loss_of(scores, batch(pairs=[(2, 2, 1.0)])).item() == pytest.approx(2 * math.log(3))


NOTHING = [(0, 0, 1.0)]


def test_passages_of_one_question_are_set_against_each_other() -> None:
    both = side_by_side(batch(pairs=[(2, 3, 1.0)]), batch(pairs=NOTHING), asked=[7, 7])
    # Two open places beside "nothing", so four spans a passage and eight in all.
    assert comparison_of(torch.zeros(2, 4, 2), both).item() == pytest.approx(math.log(8))
    # "Nothing" of the other passage far above its spans: four are left.
    scores = torch.zeros(2, 4, 2)
    scores[1, 0] = 40.0
    assert comparison_of(scores, both).item() == pytest.approx(math.log(4))


def test_sentences_and_several_answering_passages_are_compared_too() -> None:
    rows = batch(pairs=[], inside=(2, 3)), batch(pairs=[(2, 2, 1.0)]), batch(pairs=NOTHING)
    # The sentence's four spans and the one of the second passage, among twelve.
    got = comparison_of(torch.zeros(3, 4, 2), side_by_side(*rows, asked=[1, 1, 1])).item()
    assert got == pytest.approx(math.log(12 / 5))


def test_a_question_without_both_kinds_of_passage_is_not_compared() -> None:
    rows = batch(pairs=[(2, 3, 1.0)]), batch(pairs=NOTHING)
    scores = torch.zeros(2, 4, 2, requires_grad=True)
    assert comparison_of(scores, side_by_side(*rows, asked=[1, 2])).item() == 0.0


DATED = replace(
    MILL, source="archive", published=date(1911, 5, 2), as_of=date(1911, 5, 4), group="archive 1"
)


@pytest.mark.parametrize("kind", [{"mix": "base", "contrastive_weight": 0.0}, {"mix": "news"}])
@pytest.mark.usefixtures("exact")
def test_an_interrupted_run_ends_like_a_whole_one(
    weights: Path, tokenizer: Tokenizer, tmp_path: Path, kind: dict[str, Any]
) -> None:
    plan = Plan(epochs=3, learning_rate=1e-2, tokens=300, frozen=1, every=2, shape=SMALL, **kind)
    run = [MILL] * 12
    own = [replace(STORY, group=f"ferries {n}") for n in range(6)]
    with_these = partial(
        train, weights, tokenizer, run, [MILL], stories=own, archive=[DATED] * 2, plan=plan
    )

    def stop(line: str) -> None:
        if line.startswith("step 4/"):
            raise KeyboardInterrupt

    whole = with_these(out=tmp_path / "whole", say=lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        with_these(out=tmp_path / "cut", say=stop)
    said: list[str] = []
    resumed = with_these(out=tmp_path / "cut", say=said.append)
    # "step 4" had been said before its checkpoint was written: the run goes on from step 2.
    assert said[0].startswith("resumed at step 2 of ")
    one, other = load_file(whole), load_file(resumed)
    assert all(torch.allclose(one[name], other[name], atol=1e-6) for name in one)
    rows = [
        json.loads(line) for line in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()
    ]
    assert rows[-1]["loss"] < rows[0]["loss"]
    # What is frozen stays as it was packaged.
    began = load_file(weights)
    changed = {name.split(".")[0] for name in one if not torch.equal(one[name], began[name])}
    assert changed == {"layers", "scores"}
    assert not [n for n in one if n.startswith("layers.0.") and not torch.equal(one[n], began[n])]


@pytest.mark.usefixtures("exact")
def test_another_plan_or_other_questions_begin_anew(
    weights: Path, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    def said(examples: list[Example], plan: Plan) -> list[str]:
        lines: list[str] = []
        train(weights, tokenizer, examples, [], tmp_path / "out", plan, say=lines.append)
        return lines

    plan = Plan(tokens=300, every=2, frozen=1, shape=SMALL)
    said([MILL] * 8, plan)
    assert said([MILL] * 8, plan)[0].startswith("resumed")
    assert not said([MILL] * 8, replace(plan, seed=1))[0].startswith("resumed")
    assert not said([MILL] * 9, replace(plan, seed=1))[0].startswith("resumed")
