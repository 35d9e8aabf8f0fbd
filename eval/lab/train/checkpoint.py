"""Checkpoints of a training run: one file with weights, optimizer state and the run's fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from eval.lab.train.examples import Example
from eval.lab.train.learner import Learner
from eval.lab.train.plan import WEIGHTS_FILE, Plan
from eval.lab.train.synthetic import StoryExample

_CHECKPOINT = "checkpoint.safetensors"


def dataset_fingerprint(examples: Sequence[Example], stories: Sequence[StoryExample]) -> str:
    """Return a SHA-256 over every field of all training data: a run resumes only on the same."""
    digest = hashlib.sha256()
    for row in (*examples, *stories):
        digest.update(f"{row!r}\n".encode())
    return digest.hexdigest()


class Checkpoint:
    """A folder's checkpoint of one plan and one set of questions."""

    def __init__(self, out: Path, plan: Plan, questions: str) -> None:
        self._out = out
        self._notes = {"plan": json.dumps(asdict(plan)), "made_from": questions}

    def save(self, learner: Learner, step: int) -> None:
        """Write it, atomically: a killed run leaves the previous checkpoint intact."""
        weights = _weights(learner)
        whole = {f"net|{name}": tensor for name, tensor in weights.items()}
        for name, master in learner.fp32_params.items():
            state = learner.optimizer.state[master]
            whole[f"mean|{name}"], whole[f"square|{name}"] = state["exp_avg"], state["exp_avg_sq"]
        notes = {"step": str(step), **self._notes}
        for file, tensors in ((_CHECKPOINT, whole), (WEIGHTS_FILE, weights)):
            partial = self._out / f"{file}.part"
            save_file(tensors, partial, metadata=notes)
            partial.replace(self._out / file)

    def restore(self, learner: Learner) -> int:
        """Load it, if it is of this plan and these questions; return its step, else 0."""
        file = self._out / _CHECKPOINT
        if not file.is_file():
            return 0
        with safe_open(file, framework="pt") as kept:
            notes = kept.metadata() or {}
            if any(notes.get(name) != value for name, value in self._notes.items()):
                return 0
            step = int(notes["step"])
            learner.net.load_state_dict(
                {name: kept.get_tensor(f"net|{name}") for name in learner.net.state_dict()}
            )
            for name, master in learner.fp32_params.items():
                learner.optimizer.state[master] = {
                    "step": torch.tensor(float(step)),
                    "exp_avg": kept.get_tensor(f"mean|{name}"),
                    "exp_avg_sq": kept.get_tensor(f"square|{name}"),
                }
        learner.refresh()
        if not (self._out / WEIGHTS_FILE).is_file():
            save_file(_weights(learner), self._out / WEIGHTS_FILE)
        return step


def _weights(learner: Learner) -> dict[str, torch.Tensor]:
    return {name: tensor.contiguous() for name, tensor in learner.net.state_dict().items()}
