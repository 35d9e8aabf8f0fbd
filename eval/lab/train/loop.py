"""The training loop, resumable at any checkpoint."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tokenizers import Tokenizer

from eval.lab.train.checkpoint import Checkpoint, dataset_fingerprint
from eval.lab.train.examples import Example
from eval.lab.train.features import Batch, Features, batches, collated, featured
from eval.lab.train.hard_negatives import Encode
from eval.lab.train.learner import Learner
from eval.lab.train.passages import MIXES, Passages
from eval.lab.train.plan import WEIGHTS_FILE, Plan
from eval.lab.train.synthetic import StoryExample

_CHECKS = 40
"""Held-out batches whose loss is logged."""


def train(
    weights: Path,
    tokenizer: Tokenizer,
    examples: Sequence[Example],
    development: Sequence[Example],
    out: Path,
    plan: Plan,
    *,
    stories: Sequence[StoryExample] = (),
    archive: Sequence[Example] = (),
    encode: Encode | None = None,
    make_learner: Callable[[Path, Plan], Learner] = Learner,
    say: Callable[[str], None] = print,
) -> Path:
    """Train and return the file of the final weights; resumes from ``out`` where it was interrupted.

    ``weights`` are packaged MPNet weights or those of an earlier phase; ``archive`` holds dated examples
    used unchanged in every epoch; ``encode`` mines hard negatives (see `NearMisses`);
    ``make_learner`` gives what takes the steps.
    Writes ``out/log.jsonl`` (losses) and a checkpoint every ``plan.every`` steps.
    """
    out.mkdir(parents=True, exist_ok=True)
    learner = make_learner(weights, plan)
    passages = Passages(examples, plan.seed, MIXES[plan.mix], stories, encode, archive)
    first = _epoch(passages, tokenizer, plan, 0)
    total = len(first) * plan.epochs
    last = plan.stop_step or total
    # A phase without written questions can be resumed after more have been written.
    asked = dataset_fingerprint([*examples, *archive], stories if MIXES[plan.mix].written else ())
    checkpoint = Checkpoint(out, plan, asked)
    done = checkpoint.restore(learner)
    if done:
        say(f"resumed at step {done} of {total}")
    checks = _checks(development, tokenizer, plan)
    began = time.monotonic()
    mean = None
    for step, batch in _steps(passages, tokenizer, plan, first, done):
        if step > last:
            break
        rate = plan.learning_rate * _slope(step / total, plan.warm_up)
        loss = learner.learn(batch, rate)
        mean = loss if mean is None else 0.98 * mean + 0.02 * loss
        if step % plan.every == 0 or step == last:
            held = learner.held_out(checks)
            left = (time.monotonic() - began) / (step - done) * (last - step)
            say(
                f"step {step}/{total}  loss {mean:.3f}  held out {held:.3f}  "
                f"about {left / 60:.0f} min left"
            )
            checkpoint.save(learner, step)
            _log(out, {"step": step, "loss": mean, "held_out": held, "rate": rate})
    return out / WEIGHTS_FILE


def _steps(
    passages: Passages,
    tokenizer: Tokenizer,
    plan: Plan,
    first: list[list[Features]],
    done: int,
) -> Iterator[tuple[int, Batch]]:
    """Yield the steps after ``done``, from 1, with their batches; ``first`` is the first epoch."""
    length = len(first)
    for epoch in range(plan.epochs):
        before = epoch * length
        if done >= before + length:
            continue
        groups = _epoch(passages, tokenizer, plan, epoch) if epoch else first
        # Epochs differ a little in their hard negatives; each is cut or filled to the same steps.
        for n in range(max(0, done - before), length):
            step = before + n + 1
            yield step, collated(groups[n % len(groups)])


def _checks(development: Sequence[Example], tokenizer: Tokenizer, plan: Plan) -> list[Batch]:
    features = featured(development, tokenizer, random.Random(0))
    return [collated(g) for g in batches(features, plan.tokens, random.Random(0))][:_CHECKS]


def _epoch(
    passages: Passages, tokenizer: Tokenizer, plan: Plan, epoch: int
) -> list[list[Features]]:
    rng = random.Random(f"{plan.seed} order {epoch}")
    features = featured(passages.epoch(epoch), tokenizer, rng)
    return list(batches(features, plan.tokens, rng, together=plan.contrastive_weight > 0))


def _slope(done: float, warm_up: float) -> float:
    return done / warm_up if done < warm_up else max(0.0, (1 - done) / (1 - warm_up))


def _log(out: Path, row: dict[str, float]) -> None:
    with (out / "log.jsonl").open("a") as file:
        file.write(
            json.dumps({k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()})
            + "\n"
        )
