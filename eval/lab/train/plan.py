"""The hyperparameters of a training run."""

from __future__ import annotations

from dataclasses import dataclass, field

WEIGHTS_FILE = "weights.safetensors"


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network; the defaults are those of ``all-mpnet-base-v2``."""

    layers: int = 12
    width: int = 768
    inner: int = 3072
    heads: int = 12
    vocabulary: int = 30527
    positions: int = 514
    buckets: int = 32
    epsilon: float = 1e-5


@dataclass(frozen=True, slots=True)
class Plan:
    """Hyperparameters; a checkpoint is resumed only by the plan that made it."""

    epochs: int = 1
    mix: str = "base"
    """A name of ``passages.MIXES``."""
    stop_step: int = 0
    """Stop after this many steps of the schedule; 0: at its end."""
    learning_rate: float = 5e-5
    """Peak learning rate after warm-up, with linear decay to 0."""
    warm_up: float = 0.06
    decay: float = 0.01
    tokens: int = 3072
    """Tokens a batch, padding counted."""
    frozen: int = 4
    """Lower layers that are frozen."""
    seed: int = 20231212
    contrastive_weight: float = 0.5
    """Weight of the contrastive loss over the passages of a question."""
    every: int = 100
    """Steps between checkpoints."""
    shape: Shape = field(default_factory=Shape)
