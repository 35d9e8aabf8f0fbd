"""What decides a training run."""

from __future__ import annotations

from dataclasses import dataclass

WEIGHTS_FILE = "weights.safetensors"


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides a run; a checkpoint is resumed only by the plan that made it."""

    epochs: int = 1
    mix: str = "broad"
    """``broad``, ``hard`` or ``near`` (see ``passages``)."""
    until: int = 0
    """Stop after this many steps of the schedule; 0: at its end."""
    rate: float = 1.5e-4
    """Peak learning rate, after a warm-up, falling to 0 along a line."""
    warm_up: float = 0.05
    decay: float = 0.01
    tokens: int = 4096
    """Tokens of a step."""
    seed: int = 20231212
    compared: float = 0.0
    """Weight of the loss that sets the passages of a question against each other."""
    every: int = 100
    """Steps between checkpoints."""
