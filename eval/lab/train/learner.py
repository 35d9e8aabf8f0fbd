"""The training step: float32 master weights, with a compute copy in bfloat16 where that is faster."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from eval.lab.train.features import Batch
from eval.lab.train.losses import loss_of, objective
from eval.lab.train.network import network
from eval.lab.train.plan import Plan


class Learner:
    """Float32 master weights and the compute copy.

    Embeddings, relative positions and the lowest layers are frozen, so that a step takes less time.
    """

    def __init__(self, weights: Path, plan: Plan) -> None:
        self.net = network(plan.shape, weights)
        frozen = [f"layers.{number}." for number in range(plan.frozen)]
        fixed = ("words.", "positions.", "norm.", "relative.", *frozen)
        self.fp32_params = {n: p for n, p in self.net.named_parameters() if not n.startswith(fixed)}
        """The trained parameters by name."""
        matrices = [p for p in self.fp32_params.values() if p.dim() > 1]
        vectors = [p for p in self.fp32_params.values() if p.dim() == 1]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": plan.decay},
                {"params": vectors, "weight_decay": 0.0},
            ],
            lr=plan.learning_rate,
            fused=True,
        )
        self.plan = plan
        self.compute = network(plan.shape, weights).to(fastest_dtype()).train()
        self._working = dict(self.compute.named_parameters())
        for name, parameter in self._working.items():
            parameter.requires_grad_(name in self.fp32_params)

    def learn(self, batch: Batch, rate: float) -> float:
        """Take one optimizer step; return the batch's loss before it."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss = self.loss(batch)
        loss.backward()
        for name, master in self.fp32_params.items():
            gradient = self._working[name].grad
            master.grad = None if gradient is None else gradient.float()
            self._working[name].grad = None
        nn.utils.clip_grad_norm_(list(self.fp32_params.values()), 1.0)
        self.optimizer.step()
        self.refresh()
        return float(loss.item())

    def loss(self, batch: Batch) -> Tensor:
        """Return what a step lowers, of one batch."""
        return objective(self._scores(batch), batch, self.plan.contrastive_weight)

    def refresh(self) -> None:
        """Copy the master weights into the compute copy."""
        with torch.no_grad():
            for name, master in self.fp32_params.items():
                self._working[name].copy_(master)

    def held_out(self, checks: Sequence[Batch]) -> float:
        """Return the mean loss of held-out batches; 0 where there are none."""
        with torch.no_grad():
            total = sum(loss_of(self._scores(batch), batch).item() for batch in checks)
        return float(total) / max(1, len(checks))

    def _scores(self, batch: Batch) -> Tensor:
        scores: Tensor = self.compute(
            torch.from_numpy(batch.ids), torch.from_numpy(batch.mask), self.plan.frozen
        )
        return scores


def fastest_dtype() -> torch.dtype:
    """Return bfloat16 where this processor multiplies it clearly faster than float32, else float32.

    The best of many alternating timings, so that a resumed run decides the same on a busy machine.
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
