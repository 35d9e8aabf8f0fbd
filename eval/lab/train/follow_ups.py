"""``python -m eval.lab.train.follow_ups MTRAG --out FILE``: fit the heads of `rag.dialogue.classifier`."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from embeddings.runtime import cores
from embeddings.token_states import TokenStates
from eval.lab.train.follow_ups_data import FollowUp, development, mtrag, synthetic
from rag.dialogue.classifier import Array, Classifier, Inputs, inputs_of, question_row, term_rows
from rag.dialogue.terms import parts_of, words_of
from rag.errors import DatasetError

# How often an example of a source is seen: our dialogues are what is asked, and are few.
REPEATS = {"dev": 6.0, "news": 1.0, "mtrag-clapnq": 1.0}
_OTHER_REPEATS = 0.5
QUESTION_AXES, TERM_AXES = 16, 24
LEAST = (0.7, 0.2)
"""The least probabilities, of a follow-up and of a word: 3 in 100 questions of the sample and of
`eval/forms` are rewritten after a turn about something else, and three in four wanted words are found."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """An example as the heads see it, with what they should say."""

    source: str
    inputs: Inputs
    words: Array
    """1 for each word that the full question took over, else 0."""
    any: bool


def labelled(examples: Sequence[FollowUp], encoder: TokenStates) -> list[Labelled]:
    """Return examples encoded and labelled; those whose history holds no other word are left out."""

    def one(example: FollowUp) -> Labelled | None:
        inputs = inputs_of(parts_of(example.question, example.history), encoder)
        if not inputs.keys:
            return None
        full = {word.key for word in words_of(example.full)}
        words = np.array([key in full for key in inputs.keys], np.float32)
        follows = bool(words.any()) if example.alone is None else not example.alone
        return Labelled(example.source, inputs, words, follows)

    with ThreadPoolExecutor(cores()) as pool:
        return [made for made in pool.map(one, examples) if made is not None]


def fit(examples: Sequence[Labelled], seed: int) -> dict[str, Array]:
    """Return the weights of both heads: principal axes of the states, scales, one hidden layer each."""
    from sklearn.decomposition import PCA

    rng = np.random.default_rng(seed)
    states = np.vstack([one.inputs.term_states for one in examples])
    terms = PCA(TERM_AXES, random_state=seed).fit(states[rng.permutation(len(states))[:6000]])
    questions = PCA(QUESTION_AXES, random_state=seed)
    questions.fit(np.stack([one.inputs.question_state for one in examples]))
    weights: dict[str, Array] = {
        "term_mean": terms.mean_,
        "term_axes": terms.components_,
        "question_mean": questions.mean_,
        "question_axes": questions.components_,
        "least": np.array(LEAST),
    }
    repeats = np.array([REPEATS.get(one.source, _OTHER_REPEATS) for one in examples])
    times = np.floor(repeats + rng.random(len(repeats))).astype(np.int64)
    rows = [term_rows(one.inputs, weights) for one in examples]
    sizes = [len(own) for own in rows]
    labels = np.concatenate([one.words for one in examples])
    _fit_head(weights, "term", np.vstack(rows), labels, np.repeat(times, sizes), seed)
    classifier = Classifier(weights, TokenStates())
    asked = [question_row(one.inputs, classifier.terms(one.inputs), weights) for one in examples]
    follows = np.array([one.any for one in examples], np.float32)
    _fit_head(weights, "question", np.stack(asked), follows, times, seed)
    return {name: np.asarray(value, np.float32) for name, value in weights.items()}


def _fit_head(
    weights: dict[str, Array],
    head: str,
    rows: Array,
    labels: Array,
    times: NDArray[np.int64],
    seed: int,
) -> None:
    """Fit one head and put its scales and layers into the weights."""
    from sklearn.neural_network import MLPClassifier

    spread = rows.std(axis=0)
    weights[f"{head}_centre"] = rows.mean(axis=0)
    weights[f"{head}_spread"] = np.where(spread > 1e-3, spread, 1.0)
    scaled = Classifier(weights, TokenStates()).scaled(rows, head)[:, :-1]
    order = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(labels)), times))
    network = MLPClassifier(
        (24 if head == "term" else 16,),
        alpha=1.0,
        max_iter=8 if head == "term" else 15,
        learning_rate_init=2e-3 if head == "term" else 3e-3,
        batch_size=256 if head == "term" else 128,
        random_state=seed,
    )
    import warnings

    with warnings.catch_warnings():
        # Stopped early on purpose.
        warnings.simplefilter("ignore")
        network.fit(scaled[order], labels[order])
    (hidden, out), (hidden_bias, out_bias) = network.coefs_, network.intercepts_
    weights[f"{head}_hidden"] = np.vstack([hidden, hidden_bias])
    weights[f"{head}_out"] = np.append(out[:, 0], out_bias[0])


def main(
    data: Annotated[Path, typer.Argument(help="Folder of MTRAG's questions and rewrites.")],
    out: Annotated[Path, typer.Option(help="Where the weights go, as .npz.")],
    number: Annotated[int, typer.Option(help="Examples made of invented news.")] = 4000,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 20221,
) -> None:
    """Fit both heads on MTRAG, the development dialogues and invented news."""
    try:
        examples = [*mtrag(data), *development(), *synthetic(number, seed)]
    except DatasetError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"{len(examples)} examples")
    weights = fit(labelled(examples, TokenStates()), seed)
    np.savez(out, **weights)  # type: ignore[arg-type]  # its stubs take no names
    typer.echo(f"{out}: {out.stat().st_size:,} bytes")


if __name__ == "__main__":
    typer.run(main)
