"""The network that is trained, and the copy of it that does the sums."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from rag.reader.train.features import Batch
from rag.reader.train.losses import loss_of, objective
from rag.reader.train.plan import Plan


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


class Learner:
    """A network in float32, learnt by way of a copy in the precision that this processor is quick at.

    Embeddings stay as they are packaged, so that a step takes less time.
    """

    def __init__(self, model: Path, weights: Path | None, plan: Plan) -> None:
        self.net = network(model, weights)
        self.masters = {n: p for n, p in self.net.named_parameters() if "embeddings." not in n}
        """What is learnt, by name."""
        self.optimizer = torch.optim.AdamW(
            [
                {
                    "params": [p for p in self.masters.values() if p.dim() > 1],
                    "weight_decay": plan.decay,
                },
                {"params": [p for p in self.masters.values() if p.dim() == 1], "weight_decay": 0.0},
            ],
            lr=plan.rate,
            fused=True,
        )
        self._plan = plan
        self._fast = network(model, weights).to(_quick()).train()
        self._working = dict(self._fast.named_parameters())
        for name, parameter in self._working.items():
            parameter.requires_grad_(name in self.masters)

    def learn(self, batch: Batch, rate: float) -> float:
        """Take one step at a learning rate; return the batch's loss before it."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with torch.no_grad():
            for name, master in self.masters.items():
                self._working[name].copy_(master)
        loss = objective(self._scores(batch), batch, self._plan.compared)
        loss.backward()
        for name, master in self.masters.items():
            gradient = self._working[name].grad
            master.grad = None if gradient is None else gradient.float()
            self._working[name].grad = None
        nn.utils.clip_grad_norm_(list(self.masters.values()), 1.0)
        self.optimizer.step()
        return float(loss.item())

    def held_out(self, checks: Sequence[Batch]) -> float:
        """Return the mean loss of batches that are not learnt from; 0 where there are none."""
        with torch.no_grad():
            total = sum(loss_of(self._scores(batch), batch).item() for batch in checks)
        return float(total) / max(1, len(checks))

    def _scores(self, batch: Batch) -> Tensor:
        scores: Tensor = self._fast(
            torch.from_numpy(batch.ids), torch.from_numpy(batch.mask), torch.from_numpy(batch.types)
        )
        return scores


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
