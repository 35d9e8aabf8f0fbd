"""A student: it starts from its teacher's layers, and learns to score as the teacher does."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer
from typer import Typer
from typer.testing import CliRunner

from eval.lab.train.features import Batch, collated, featured
from eval.lab.train.loop import train
from eval.lab.train.network import network
from eval.lab.train.plan import Plan
from eval.lab.train.student import (
    FROZEN,
    KEPT,
    PLAN,
    Student,
    distance,
    divergence,
    main,
    student_tensors,
)
from tests.eval.lab.train.conftest import SMALL
from tests.eval.lab.train.test_data import MILL

pytestmark = pytest.mark.slow


@pytest.fixture
def batch(tokenizer: Tokenizer) -> Batch:
    import random

    return collated(featured([MILL], tokenizer, random.Random(1)))


def test_a_student_has_the_kept_layers_under_new_numbers(weights: Path) -> None:
    teacher = load_file(weights)
    made = student_tensors(teacher, kept=[1])
    layers = {name for name in made if name.startswith("layers.")}
    assert {name.split(".")[1] for name in layers} == {"0"}
    assert (made["layers.0.qkv.weight"] == teacher["layers.1.qkv.weight"]).all()
    assert made.keys() - layers == {name for name in teacher if not name.startswith("layers.")}


def test_the_shipped_plan_freezes_what_student_and_teacher_share() -> None:
    assert PLAN.shape.layers == len(KEPT)
    assert KEPT[:FROZEN] == tuple(range(FROZEN))
    assert PLAN.frozen == FROZEN


def test_a_student_with_all_layers_has_nothing_to_learn(weights: Path, batch: Batch) -> None:
    plan = Plan(frozen=0, shape=SMALL)
    student = Student(weights, plan, teacher=weights, shape=SMALL, kept=(0, 1))
    assert student.loss(batch).item() == pytest.approx(0, abs=1e-6)


def test_scores_that_say_otherwise_diverge(batch: Batch) -> None:
    one = torch.zeros(1, batch.ids.shape[1], 2)
    other = one.clone()
    other[0, 0, 0] = 2.0
    assert divergence(one, one, batch).item() == pytest.approx(0, abs=1e-6)
    # Two distributions over the open places, by hand: all of them even, or the first e**2 times as likely.
    places = int((batch.open == 0).sum())
    total = np.e**2 + places - 1
    likely = np.array([np.e**2 / total, *[1 / total] * (places - 1)])
    expected = float((likely * np.log(likely * places)).sum())
    assert divergence(one, other, batch).item() == pytest.approx(expected, rel=1e-4)


def test_distance_is_one_for_the_mean() -> None:
    theirs = torch.randn(500, 8, generator=torch.Generator().manual_seed(2))
    assert distance(theirs, theirs).item() == 0
    assert distance(theirs.mean().expand_as(theirs), theirs).item() == pytest.approx(1, abs=0.01)


@pytest.mark.usefixtures("exact")
def test_a_student_comes_nearer_to_its_teacher(
    weights: Path, tokenizer: Tokenizer, tmp_path: Path, batch: Batch
) -> None:
    plan = Plan(epochs=12, learning_rate=1e-2, tokens=300, frozen=0, shape=replace(SMALL, layers=1))
    start = tmp_path / "start.safetensors"
    save_file(student_tensors(load_file(weights), kept=[1]), start)
    make = partial(Student, teacher=weights, shape=SMALL, kept=(1,))
    before = make(start, plan).loss(batch).item()
    done = train(
        start,
        tokenizer,
        [MILL] * 8,
        [],
        tmp_path / "out",
        plan,
        make_learner=make,
        say=lambda _: None,
    )
    assert make(done, plan).loss(batch).item() < 0.5 * before
    assert len(network(plan.shape, done).layers) == 1


def test_data_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    app = Typer()
    app.command()(main)
    out = tmp_path / "out"
    done = CliRunner().invoke(app, [str(tmp_path / "nowhere"), "--out", str(out)])
    assert done.exit_code == 2
    assert "error: " in done.output
    assert not out.exists()
