"""``python -m eval.lab.train.student DATA --out DIR``: a network of fewer layers, taught by the packaged one.

The student starts from some layers of its teacher and learns, on questions with passages whose answers need
not be known, the teacher's distributions over starts and ends (Hinton et al. 2015, knowledge distillation)
and the outputs of the layers it took (Sun et al. 2019, "Patient Knowledge Distillation for BERT Model
Compression"). It is exported as the packaged reader is.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import torch
import typer
from safetensors.numpy import load_file, save_file
from torch import Tensor
from torch.nn import functional

from eval.lab.train.archive_gain import drawn_share
from eval.lab.train.features import Batch
from eval.lab.train.learner import Learner
from eval.lab.train.network import network
from eval.lab.train.plan import Plan, Shape
from rag.errors import PressciteError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from eval.lab.train.examples import Example

KEPT = (0, 1, 2, 5, 8, 11)
"""The teacher's layers that the student starts from, the lowest first; it has as many."""
FROZEN = 3
"""The lowest of them stay as they are: student and teacher agree up to there."""
PLAN = Plan(
    mix="again", learning_rate=1.5e-4, frozen=FROZEN, every=20, shape=Shape(layers=len(KEPT))
)
_NEGATIVES = 3
_DEVELOPMENT = 200


def student_tensors(
    teacher: dict[str, npt.NDArray[np.float32]], kept: Sequence[int] = KEPT
) -> dict[str, npt.NDArray[np.float32]]:
    """Return a teacher's tensors with the ``kept`` layers alone, numbered anew."""
    found = {name: tensor for name, tensor in teacher.items() if not name.startswith("layers.")}
    for number, layer in enumerate(kept):
        prefix = f"layers.{layer}."
        found |= {
            f"layers.{number}.{name.removeprefix(prefix)}": tensor
            for name, tensor in teacher.items()
            if name.startswith(prefix)
        }
    return found


class Student(Learner):
    """A learner whose loss is how far it is from a teacher."""

    def __init__(
        self, weights: Path, plan: Plan, *, teacher: Path, shape: Shape, kept: Sequence[int] = KEPT
    ) -> None:
        super().__init__(weights, plan)
        self._teacher = network(shape, teacher).to(self.compute.scores.weight.dtype).eval()
        self._kept = kept

    def loss(self, batch: Batch) -> Tensor:
        """Return the divergence of the scores, and the mean distance of each trained layer's output."""
        ids, mask = torch.from_numpy(batch.ids), torch.from_numpy(batch.mask)
        with torch.no_grad():
            theirs = self._teacher.states(ids, mask)
            wanted = self._teacher.scored(theirs[-1])
        ours = self.compute.states(ids, mask, self.plan.frozen)
        tokens = mask.bool()
        apart = [
            distance(ours[number][tokens], theirs[layer][tokens])
            for number, layer in enumerate(self._kept)
            if number >= self.plan.frozen
        ]
        return divergence(self.compute.scored(ours[-1]), wanted, batch) + torch.stack(apart).mean()


def divergence(scores: Tensor, wanted: Tensor, batch: Batch) -> Tensor:
    """Return KL(teacher || student) of starts and of ends, summed, the mean over a batch's passages.

    ``scores`` and ``wanted`` are (B, L, 2); the null answer is a start and an end among the others.
    """
    opened = torch.from_numpy(batch.open)[:, :, None]
    ours = torch.log_softmax(scores + opened, dim=1)
    theirs = torch.log_softmax(wanted + opened, dim=1)
    apart = functional.kl_div(ours, theirs, reduction="none", log_target=True)
    return apart.sum(dim=(1, 2)).mean()


def distance(ours: Tensor, theirs: Tensor) -> Tensor:
    """Return the mean squared difference over the teacher's variance: 1 for a student that says its mean.

    Both are (tokens, width).
    """
    return functional.mse_loss(ours.float(), theirs.float()) / theirs.float().var()


def main(
    data: Annotated[Path, typer.Argument(help="Folder of reader data.")],
    out: Annotated[Path, typer.Option(help="Where checkpoints, the log and the weights go.")],
    mined: Annotated[
        Path | None,
        typer.Option(help="An archive's questions: `mined.jsonl` of a training run."),
    ] = None,
    share: Annotated[
        float, typer.Option(min=0.01, max=1.0, help="Of all questions, drawn at random.")
    ] = 1.0,
) -> None:
    """Teach a six-layer student, run again to resume, and export it to ``out``."""
    from eval.lab.train.archive import examples_of, load_mined
    from eval.lab.train.examples import load
    from eval.lab.train.export import calibration_feeds, export
    from eval.lab.train.loop import train
    from eval.lab.train.shipped import shipped_tensors
    from eval.lab.train.synthetic import written
    from rag.reader.encoding import load_tokenizer
    from rag.reader.loading import GRAPH, VOCABULARY, WEIGHTS

    try:
        examples, stories = load(data), written(data)
        asked = load_mined(mined) if mined else []
    except PressciteError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    out.mkdir(parents=True, exist_ok=True)
    teacher, start = out / "teacher.safetensors", out / "start.safetensors"
    if not start.is_file():
        save_file(shipped_tensors(WEIGHTS / GRAPH), teacher)
        # A start that was written in part would be taken for a whole one by the next run.
        partial_file = start.with_suffix(".part")
        save_file(student_tensors(load_file(teacher)), partial_file)
        partial_file.replace(start)
    tokenizer = load_tokenizer(WEIGHTS / VOCABULARY)
    # Which of its passages answers a question is the teacher's to say.
    pairs = [(q, q.positives[0]) for q in drawn_share([q for q in asked if q.positives], share)]
    weights = train(
        start,
        tokenizer,
        drawn_share(_training(examples), share),
        [e for e in examples if e.held_out and e.source == "squadshifts-new_wiki"][:_DEVELOPMENT],
        out,
        PLAN,
        stories=drawn_share([story for story in stories if not story.held_out], share),
        archive=examples_of(pairs, _NEGATIVES, 1, random.Random(PLAN.seed)),
        make_learner=partial(Student, teacher=teacher, shape=Shape()),
        say=typer.echo,
    )
    feeds = calibration_feeds(tokenizer, examples)
    export(weights, WEIGHTS / VOCABULARY, feeds, out / "int8", typer.echo)


def _training(examples: Sequence[Example]) -> list[Example]:
    return [e for e in examples if not e.held_out and not e.source.startswith("clapnq")]


if __name__ == "__main__":
    typer.run(main)
