"""Likelihood of accepted spans under a trained network, for distant supervision."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer

from eval.lab.train.examples import Example
from eval.lab.train.features import batches, collated, featured
from eval.lab.train.learner import fastest_dtype
from eval.lab.train.network import network
from eval.lab.train.plan import Plan

_TOKENS = 4096


def span_scorer(
    weights: Path, tokenizer: Tokenizer, plan: Plan
) -> Callable[[Sequence[Example]], list[float]]:
    """Return a function that gives each example its best accepted span's null score difference."""
    net = network(plan.shape, weights).to(fastest_dtype()).eval()

    def score(examples: Sequence[Example]) -> list[float]:
        found = [float("-inf")] * len(examples)
        # One group an example: features keep its number.
        named = [replace(e, group=str(n)) for n, e in enumerate(examples)]
        features = featured(named, tokenizer, random.Random(0), shown=True)
        for group in batches(features, _TOKENS, random.Random(0)):
            batch = collated(group)
            with torch.no_grad():
                scores = net(torch.from_numpy(batch.ids), torch.from_numpy(batch.mask))
            for row, feature in enumerate(group):
                null = float(scores[row, 0].sum())
                best = max(
                    float(scores[row, a, 0] + scores[row, b, 1]) for a, b, _ in feature.pairs
                )
                found[feature.asked] = best - null
        return found

    return score
