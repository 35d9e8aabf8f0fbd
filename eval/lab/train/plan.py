"""What decides a training run."""

from __future__ import annotations

from dataclasses import dataclass, field

WEIGHTS_FILE = "weights.safetensors"


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network; those of ``all-mpnet-base-v2`` unless told otherwise."""

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
    """What decides a run; a checkpoint is resumed only by the plan that made it."""

    epochs: int = 1
    mix: str = "base"
    """A name of ``passages.MIXES``."""
    stop_step: int = 0
    """Stop after this many steps of the schedule; 0: at its end."""
    learning_rate: float = 5e-5
    """Peak learning rate, after a warm-up, falling to 0 along a line."""
    warm_up: float = 0.06
    decay: float = 0.01
    tokens: int = 3072
    """Tokens of a step."""
    frozen: int = 4
    """Lower layers that stay as they are packaged."""
    seed: int = 20231212
    contrastive_weight: float = 0.5
    """Weight of the loss that sets the passages of a question against each other."""
    every: int = 100
    """Steps between checkpoints."""
    shape: Shape = field(default_factory=Shape)
