"""The training loop: passes in the precision this processor is quick at, resumable at any checkpoint."""

from __future__ import annotations

import hashlib
import json
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from rag.reader.train.examples import Example
from rag.reader.train.features import Batch, Features, batches, collated, featured
from rag.reader.train.near import Encode
from rag.reader.train.passages import MIXES, Passages
from rag.reader.train.plan import WEIGHTS_FILE, Plan
from rag.reader.train.written import Story

_CHECKPOINT = "checkpoint.safetensors"


class SpanNetwork(nn.Module):  # type: ignore[misc]  # torch ships types mypy is told to skip
    """A BERT encoder with one linear layer that gives each token a start and an end score."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.bert = BertModel(config, add_pooling_layer=False)
        self.qa_outputs = nn.Linear(config.hidden_size, 2)

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
        """Return (B, L, 2) start and end scores in float32."""
        out = self.bert(input_ids=ids, attention_mask=mask, token_type_ids=types)
        scores: Tensor = self.qa_outputs(out.last_hidden_state).float()
        return scores


def network(model: Path, weights: Path | None = None) -> SpanNetwork:
    """Return the network on an encoder's packaged weights, or on weights of an earlier run."""
    config = BertConfig.from_pretrained(str(model), attn_implementation="sdpa")
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    made = SpanNetwork(config)
    if weights is not None:
        made.load_state_dict(load_file(weights))
        return made
    packaged = load_file(model / "model.safetensors")
    wanted = made.bert.state_dict()
    made.bert.load_state_dict({name: packaged[name] for name in wanted})
    torch.manual_seed(0)
    nn.init.normal_(made.qa_outputs.weight, std=0.02)
    nn.init.zeros_(made.qa_outputs.bias)
    return made


def loss_of(scores: Tensor, batch: Batch) -> Tensor:
    """Return the mean negative log-likelihood of each pair's accepted answers, summed over them.

    Where spans are marked: -log sum over accepted (s, e) of share * p(s) * p(e) (Clark & Gardner 2018);
    where sentences are marked: the probability that start and end fall inside one.
    """
    logs = torch.log_softmax(scores + torch.from_numpy(batch.open)[:, :, None], dim=1)
    starts, ends = logs[:, :, 0], logs[:, :, 1]
    firsts, lasts = torch.from_numpy(batch.firsts), torch.from_numpy(batch.lasts)
    spans = torch.logsumexp(
        starts.gather(1, firsts) + ends.gather(1, lasts) + torch.from_numpy(batch.shares), dim=1
    )
    inside = torch.from_numpy(batch.inside)
    regions = torch.logsumexp(starts + inside, dim=1) + torch.logsumexp(ends + inside, dim=1)
    return -torch.where(torch.from_numpy(batch.by_sentence), regions, spans).mean()


def comparison_of(scores: Tensor, batch: Batch) -> Tensor:
    """Return the mean negative log-likelihood of accepted answers among all passages of a question.

    Spans are taken by how far they stand above their own passage's "nothing here", as a search orders them; 0
    where no question of the batch has both a passage that answers and one that does not. After the shared
    normalisation of Clark & Gardner 2018.
    """
    opened = scores + torch.from_numpy(batch.open)[:, :, None]
    starts, ends = opened[:, :, 0], opened[:, :, 1]
    nulls = starts[:, 0] + ends[:, 0]
    everything = torch.logsumexp(starts[:, 1:], dim=1) + torch.logsumexp(ends[:, 1:], dim=1) - nulls
    firsts, lasts = torch.from_numpy(batch.firsts), torch.from_numpy(batch.lasts)
    spans = torch.logsumexp(
        starts.gather(1, firsts) + ends.gather(1, lasts) + torch.from_numpy(batch.shares), dim=1
    )
    inside = torch.from_numpy(batch.inside)
    regions = torch.logsumexp(starts + inside, dim=1) + torch.logsumexp(ends + inside, dim=1)
    by_sentence = torch.from_numpy(batch.by_sentence)
    accepted = torch.where(by_sentence, regions, spans) - nulls
    answers = by_sentence | (firsts[:, 0] > 0)
    asked = torch.from_numpy(batch.asked)
    same = asked[:, None] == asked[None, :]
    compared = answers & (same & ~answers[None, :]).any(dim=1)
    if not compared.any():
        return scores.new_zeros(())
    shut = torch.finfo(scores.dtype).min
    total = torch.logsumexp(everything.expand(len(asked), -1).masked_fill(~same, shut), dim=1)
    right = accepted.expand(len(asked), -1).masked_fill(~(same & answers[None, :]), shut)
    return (total - torch.logsumexp(right, dim=1))[compared].mean()


def _objective(scores: Tensor, batch: Batch, plan: Plan) -> Tensor:
    loss = loss_of(scores, batch)
    return loss + plan.compared * comparison_of(scores, batch) if plan.compared else loss


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
    net = network(model, weights)
    fast = network(model, weights).to(_quick()).train()
    masters = {n: p for n, p in net.named_parameters() if "embeddings." not in n}
    working = dict(fast.named_parameters())
    for name, parameter in working.items():
        parameter.requires_grad_(name in masters)
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in masters.values() if p.dim() > 1], "weight_decay": plan.decay},
            {"params": [p for p in masters.values() if p.dim() == 1], "weight_decay": 0.0},
        ],
        lr=plan.rate,
        fused=True,
    )
    passages = Passages(examples, plan.seed, MIXES[plan.mix], stories, encode)
    groups = _epoch(passages, tokenizer, plan, 0)
    length = len(groups)
    total = length * plan.epochs
    # A phase that asks no written questions stays resumable when more are written.
    made_from = _made_from(examples, stories if MIXES[plan.mix].written else ())
    done = _resumed(out, plan, net, masters, optimizer, made_from)
    if done:
        say(f"resumed at step {done} of {total}")
    checks = [
        collated(g)
        for g in batches(
            featured(development, tokenizer, random.Random(0)), plan.tokens, random.Random(0)
        )
    ][:40]
    began, worked = time.monotonic(), 0
    mean = 0.0
    step = 0
    for epoch in range(plan.epochs):
        if done >= step + length:
            step += length
            continue
        if epoch:
            groups = _epoch(passages, tokenizer, plan, epoch)
        # Epochs differ a little in their near misses; each is cut or filled to the same steps.
        for n in range(length):
            step += 1
            if step <= done or (plan.until and step > plan.until):
                continue
            rate = plan.rate * _slope(step / total, plan.warm_up)
            for group in optimizer.param_groups:
                group["lr"] = rate
            with torch.no_grad():
                for name, master in masters.items():
                    working[name].copy_(master)
            batch = collated(groups[n % len(groups)])
            loss = _objective(_scores(fast, batch), batch, plan)
            loss.backward()
            for name, master in masters.items():
                gradient = working[name].grad
                master.grad = None if gradient is None else gradient.float()
                working[name].grad = None
            nn.utils.clip_grad_norm_(list(masters.values()), 1.0)
            optimizer.step()
            worked += 1
            mean = loss.item() if worked == 1 else 0.98 * mean + 0.02 * loss.item()
            if step % plan.every == 0 or step in (total, plan.until):
                with torch.no_grad():
                    held = sum(loss_of(_scores(fast, b), b).item() for b in checks) / max(
                        1, len(checks)
                    )
                left = (time.monotonic() - began) / worked * ((plan.until or total) - step)
                say(
                    f"step {step}/{total}  loss {mean:.3f}  held out {held:.3f}  "
                    f"about {left / 60:.0f} min left"
                )
                _save(out, plan, step, net, masters, optimizer, made_from)
                _log(out, {"step": step, "loss": mean, "held_out": held, "rate": rate})
    return out / WEIGHTS_FILE


def _quick() -> torch.dtype:
    """Return bfloat16 where this processor multiplies it clearly faster than float32, else float32.

    With instructions of its own for it a run takes half the time; without, it takes thirty times as long.
    The best of many tries, taken in turn, so that a resumed run decides alike on a busy machine.
    """
    best = {torch.float32: math.inf, torch.bfloat16: math.inf}
    squares = {kind: torch.ones(512, 512, dtype=kind) for kind in best}
    for _ in range(12):
        for kind, square in squares.items():
            began = time.perf_counter()
            square @ square
            best[kind] = min(best[kind], time.perf_counter() - began)
    clearly = best[torch.bfloat16] < 0.75 * best[torch.float32]
    return torch.bfloat16 if clearly else torch.float32


def _scores(net: SpanNetwork, batch: Batch) -> Tensor:
    scores: Tensor = net(
        torch.from_numpy(batch.ids), torch.from_numpy(batch.mask), torch.from_numpy(batch.types)
    )
    return scores


def _epoch(
    passages: Passages, tokenizer: Tokenizer, plan: Plan, epoch: int
) -> list[list[Features]]:
    rng = random.Random(f"{plan.seed} order {epoch}")
    features = featured(passages.epoch(epoch), tokenizer, rng)
    return list(batches(features, plan.tokens, rng, together=plan.compared > 0))


def _slope(done: float, warm_up: float) -> float:
    return done / warm_up if done < warm_up else max(0.0, (1 - done) / (1 - warm_up))


def _made_from(examples: Sequence[Example], stories: Sequence[Story]) -> str:
    """Return a digest of all that is trained on: other questions begin anew."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(f"{example.question}\0{example.context}\0{example.spans}\n".encode())
    for story in stories:
        for asked in story.asked:
            digest.update(f"{story.group}\0{asked.question}\0{asked.places}\n".encode())
    return digest.hexdigest()


def _save(
    out: Path,
    plan: Plan,
    step: int,
    net: SpanNetwork,
    masters: dict[str, nn.Parameter],
    optimizer: Any,
    made_from: str,
) -> None:
    """Write a checkpoint: one file, put in place at once, so that a kill leaves the last one whole."""
    weights = {n: t.contiguous() for n, t in net.state_dict().items()}
    whole = {f"net|{name}": tensor for name, tensor in weights.items()}
    for name, master in masters.items():
        state = optimizer.state[master]
        whole[f"mean|{name}"], whole[f"square|{name}"] = state["exp_avg"], state["exp_avg_sq"]
    notes = {"step": str(step), "plan": json.dumps(asdict(plan)), "made_from": made_from}
    for file, tensors in ((_CHECKPOINT, whole), (WEIGHTS_FILE, weights)):
        partial = out / f"{file}.part"
        save_file(tensors, partial, metadata=notes)
        partial.replace(out / file)


def _resumed(
    out: Path,
    plan: Plan,
    net: SpanNetwork,
    masters: dict[str, nn.Parameter],
    optimizer: Any,
    made_from: str,
) -> int:
    """Load the checkpoint of this plan and these questions, if there is one; return its step, else 0."""
    file = out / _CHECKPOINT
    if not file.is_file():
        return 0
    with safe_open(file, framework="pt") as kept:
        notes = kept.metadata() or {}
        wanted = {"plan": json.dumps(asdict(plan)), "made_from": made_from}
        if any(notes.get(name) != value for name, value in wanted.items()):
            return 0
        step = int(notes["step"])
        net.load_state_dict({name: kept.get_tensor(f"net|{name}") for name in net.state_dict()})
        for name, master in masters.items():
            optimizer.state[master] = {
                "step": torch.tensor(float(step)),
                "exp_avg": kept.get_tensor(f"mean|{name}"),
                "exp_avg_sq": kept.get_tensor(f"square|{name}"),
            }
    if not (out / WEIGHTS_FILE).is_file():
        save_file({n: t.contiguous() for n, t in net.state_dict().items()}, out / WEIGHTS_FILE)
    return step


def _log(out: Path, row: dict[str, float]) -> None:
    with (out / "log.jsonl").open("a") as file:
        file.write(
            json.dumps({k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()})
            + "\n"
        )
