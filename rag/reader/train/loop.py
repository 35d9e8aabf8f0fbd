"""The training loop, resumable at any checkpoint."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tokenizers import Tokenizer

from rag.reader.train.checkpoint import Checkpoint, made_from
from rag.reader.train.examples import Example
from rag.reader.train.features import Batch, Features, batches, collated, featured
from rag.reader.train.near import Encode
from rag.reader.train.network import Learner
from rag.reader.train.passages import MIXES, Passages
from rag.reader.train.plan import WEIGHTS_FILE, Plan
from rag.reader.train.written import Story

_CHECKS = 40
"""Batches of held-out questions that tell how it goes."""


def train(
    model: Path,
    tokenizer: Tokenizer,
    examples: Sequence[Example],
    development: Sequence[Example],
    out: Path,
    plan: Plan,
    *,
    stories: Sequence[Story] = (),
    encode: Encode | None = None,
    weights: Path | None = None,
    say: Callable[[str], None] = print,
) -> Path:
    """Train and return the file of the final weights; resumes from ``out`` where it was interrupted.

    ``encode`` finds passages that mislead (see `NearMisses`).
    Writes ``out/log.jsonl`` (losses) and a checkpoint every ``plan.every`` steps.
    """
    out.mkdir(parents=True, exist_ok=True)
    learner = Learner(model, weights, plan)
    passages = Passages(examples, plan.seed, MIXES[plan.mix], stories, encode)
    first = _epoch(passages, tokenizer, plan, 0)
    total = len(first) * plan.epochs
    # A phase that asks no written questions stays resumable when more are written.
    asked = made_from(examples, stories if MIXES[plan.mix].written else ())
    checkpoint = Checkpoint(out, plan, asked)
    done = checkpoint.restore(learner)
    if done:
        say(f"resumed at step {done} of {total}")
    checks = _checks(development, tokenizer, plan)
    last = plan.until or total
    began = time.monotonic()
    mean = None
    for step, batch in _steps(passages, tokenizer, plan, first, done):
        rate = plan.rate * _slope(step / total, plan.warm_up)
        loss = learner.learn(batch, rate)
        mean = loss if mean is None else 0.98 * mean + 0.02 * loss
        if step % plan.every == 0 or step in (total, plan.until):
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
        # Epochs differ a little in their near misses; each is cut or filled to the same steps.
        for n in range(max(0, done - before), length):
            step = before + n + 1
            if plan.until and step > plan.until:
                return
            yield step, collated(groups[n % len(groups)])


def _checks(development: Sequence[Example], tokenizer: Tokenizer, plan: Plan) -> list[Batch]:
    features = featured(development, tokenizer, random.Random(0))
    return [collated(g) for g in batches(features, plan.tokens, random.Random(0))][:_CHECKS]


def _epoch(
    passages: Passages, tokenizer: Tokenizer, plan: Plan, epoch: int
) -> list[list[Features]]:
    rng = random.Random(f"{plan.seed} order {epoch}")
    features = featured(passages.epoch(epoch), tokenizer, rng)
    return list(batches(features, plan.tokens, rng, together=plan.compared > 0))


def _slope(done: float, warm_up: float) -> float:
    return done / warm_up if done < warm_up else max(0.0, (1 - done) / (1 - warm_up))


def _log(out: Path, row: dict[str, float]) -> None:
    with (out / "log.jsonl").open("a") as file:
        file.write(
            json.dumps({k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()})
            + "\n"
        )
