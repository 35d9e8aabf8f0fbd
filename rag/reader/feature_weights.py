"""Linear weights over span features; names are checked when the weights are made."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rag.errors import ModelError
from rag.features import SPAN_FEATURES, SpanFeatures


def checked_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """Return a copy of weights by feature name, in their order.

    Raises
    ------
    ModelError
        Where a name is no field of `rag.features.SpanFeatures`, or a weight is no finite number.
    """
    for name, weight in weights.items():
        if name not in SPAN_FEATURES:
            raise ModelError(
                f"no feature is called {name!r}; weights may name {', '.join(SPAN_FEATURES)}"
            )
        if isinstance(weight, bool) or not isinstance(weight, int | float):
            raise ModelError(f"the weight of {name} is {weight!r}; give a number")
        if not math.isfinite(weight):
            raise ModelError(f"the weight of {name} is {weight}; give a finite number")
    return {name: float(weight) for name, weight in weights.items()}


def weighted_sum(weights: Mapping[str, float], features: SpanFeatures) -> float:
    """Return the dot product of checked weights and a span's features."""
    total = 0.0
    for name, weight in weights.items():
        total += weight * getattr(features, name)
    return total
