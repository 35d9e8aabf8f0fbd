"""``python -m eval.lab.train.archive_gain``: what an archive's training questions gain, on a small scale.

Two networks go on from one short start, one with some of the archive's questions and one with more of
everything else, and read what one search finds for questions about a development archive. The whole
training takes hours on two cores; this takes one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from eval.lab.train.plan import WEIGHTS_FILE, Plan
from rag.errors import PressciteError

if TYPE_CHECKING:
    from eval.comparison import Difference
    from eval.datasets import QuestionSet
    from eval.result import Result
    from rag.index import ArticleIndex

FIGURES = ("quote_hit", "f1")
START = Plan(mix="base", learning_rate=6e-5, stop_step=120, frozen=6, every=20)
_SEED = 5
_NEGATIVES = 3
_RESAMPLES = 2000
_DEVELOPMENT = 200

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to go on from the start."""

    name: str
    mix: str
    share: float
    """Of the reader data and of the written questions, drawn at random."""
    archive: int
    """Questions of the archive, each with its answering passage and three that do not answer."""

    @property
    def plan(self) -> Plan:
        """One epoch of its mix."""
        return Plan(mix=self.mix, learning_rate=4e-5, frozen=6, every=15, seed=1)


ARMS = (Arm("with", "archive", 0.26, 250), Arm("without", "again", 0.21, 0))
"""108 and 126 steps with the reader data: who goes without sees rather more of everything else."""


def main(
    data: Annotated[Path, typer.Argument(help="Folder of reader data.")],
    model: Annotated[Path, typer.Argument(help="Folder of all-mpnet-base-v2.")],
    picked: Annotated[
        Path,
        typer.Argument(help="The archive's questions: `phase3/picked.jsonl` of a training run."),
    ],
    questions: Annotated[Path, typer.Argument(help="Questions about the index, as `eval` reads.")],
    index: Annotated[str, typer.Option(help="Index of the development archive.")],
    out: Annotated[Path, typer.Option(help="Where checkpoints and weights go.")],
) -> None:
    """Train both arms, run again to resume, and print by how much the first is better."""
    from eval.datasets import QuestionSet, read_dataset
    from rag.index.opening import open_index

    try:
        asked = read_dataset(questions, split="all")
        if not isinstance(asked, QuestionSet):
            raise PressciteError(f"{questions}: brings its own documents; give questions alone")
        with open_index(index) as opened:
            train_arms(data, model, picked, out)
            one, other = (out / arm.name / WEIGHTS_FILE for arm in ARMS)
            result = compared(asked, opened, one, other, model / "tokenizer.json")
    except PressciteError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    for name, ours, theirs, gain in told(result):
        low, high = gain.interval or (float("nan"), float("nan"))
        typer.echo(
            f"{name}: with {ours:.3f}, without {theirs:.3f}, "
            f"gain {gain.value:+.3f} ({low:+.3f} to {high:+.3f})"
        )


def train_arms(data: Path, model: Path, picked: Path, out: Path) -> None:
    """Train the start and both arms under ``out``; what was trained before is not trained again."""
    from embeddings import load_encoder
    from eval.lab.train.archive import examples_of, load_mined
    from eval.lab.train.examples import load
    from eval.lab.train.loop import train
    from eval.lab.train.synthetic import written
    from rag.reader.encoding import load_tokenizer

    tokenizer, encode = load_tokenizer(model / "tokenizer.json"), load_encoder().encode
    examples = load(data)
    training = [e for e in examples if not e.held_out and not e.source.startswith("clapnq")]
    held_out = [e for e in examples if e.held_out and e.source == "squadshifts-new_wiki"]
    stories = [story for story in written(data) if not story.held_out]
    mined = load_mined(picked)

    def arm_of(weights: Path, arm: Arm | None) -> Path:
        plan = START if arm is None else arm.plan
        drawn = drawn_share(mined, arm.archive / len(mined)) if arm and arm.archive else []
        return train(
            weights,
            tokenizer,
            training if arm is None else drawn_share(training, arm.share),
            held_out[:_DEVELOPMENT],
            out / ("base" if arm is None else arm.name),
            plan,
            archive=examples_of(
                [(q, q.positives[0]) for q in drawn], _NEGATIVES, 1, random.Random(plan.seed)
            ),
            stories=() if arm is None else drawn_share(stories, arm.share),
            encode=encode,
            say=typer.echo,
        )

    start = arm_of(model / "model.safetensors", None)
    for arm in ARMS:
        arm_of(start, arm)


def compared(
    questions: QuestionSet, index: ArticleIndex, one: Path, other: Path, vocabulary: Path
) -> Result:
    """Read the same passages with two networks in float32; ``Result.compared`` is the second's."""
    from eval.lab.train.export import float32_scorer
    from eval.runner import evaluate
    from rag import Answerer
    from rag.reader.loading import build_reader, packaged_metadata
    from rag.reader.span_reader import SpanReader

    def reading(weights: Path) -> SpanReader:
        return build_reader(float32_scorer(weights, vocabulary), index.encode, packaged_metadata())

    return evaluate(
        questions,
        index=index,
        make_answerer=lambda opened: Answerer(opened, reader=reading(one)),
        make_other=lambda opened: Answerer(opened, reader=reading(other)),
    )


def told(result: Result) -> list[tuple[str, float, float, Difference]]:
    """Return each figure with and without, and its paired difference."""
    from eval import result as results
    from eval.comparison import difference, pairs

    assert result.compared is not None
    found = []
    for name in FIGURES:
        ours = results.FIGURES[name](result.records)
        theirs = results.FIGURES[name](result.compared.records)
        gain = difference(pairs(result), name, resamples=_RESAMPLES)
        if ours is not None and theirs is not None and gain is not None:
            found.append((name, ours, theirs, gain))
    return found


def drawn_share(all_of_them: Sequence[_T], share: float) -> list[_T]:
    """Return a share of the items, drawn at random, the same in every run."""
    return random.Random(_SEED).sample(list(all_of_them), int(len(all_of_them) * share))


if __name__ == "__main__":
    typer.run(main)
