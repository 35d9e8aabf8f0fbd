"""Puts a trained network into the product: orders and trusts its answers as development questions say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from embeddings import packaged_folder
from eval.tune.confidence import read_cases
from eval.tune.corpora import Corpus, RememberingEncoder, indexed
from eval.tune.evidence import Race, cross_validated, fit_weights, races, won
from eval.tune.logistic import Fit, fit_confidence
from rag.reader.evidence import WEIGHTS as EVIDENCE_WEIGHTS
from rag.reader.evidence import EvidenceReader
from rag.reader.find import WEIGHTS
from rag.reader.neural import SpanReader
from rag.reader.onnx_scorer import OnnxScorer
from rag.reader.protocol import Calibration

# The network's say beside the evidence. Fitted freely (--fit-order) it is twice as much, which orders
# held-out Wikipedia better and questions on raw news articles worse: 53 of 60 right quotes, not 56.
_START: Mapping[str, float] = {**EVIDENCE_WEIGHTS, "gap": 0.45}
_UNFITTED = Calibration({}, 0.0, 0.5)


def fit(
    model: Path,
    corpora: Sequence[Corpus],
    *,
    signals: Sequence[str] | None,
    accuracy: float,
    fit_order: bool = False,
    strength: float = 0.5,
) -> tuple[dict[str, float], Fit, dict[str, float]]:
    """Return the order's weights, the confidence, and how often the first sentence answers.

    Where asked for, the order is fitted on all corpora; the confidence on the first (the sample) alone.
    The last are shares by corpus, cross-validated.
    """
    encoder = RememberingEncoder()
    scorer = OnnxScorer.load(model.read_bytes(), packaged_folder() / "tokenizer.json")
    names = list(_START)
    found: list[Race] = []
    for corpus in corpora:
        with indexed(corpus, encoder) as index:
            reader = SpanReader(scorer, EvidenceReader(index.encode), _UNFITTED, _START)
            found += races(corpus, index, names, reader)[0]
    start = list(_START.values())
    weights = np.asarray(start)
    if fit_order:
        weights = fit_weights(found, start=start, strength=strength)
        # Only ratios order; brought to the first ones' size, so that margins mean the same.
        weights *= sum(start) / weights.sum()
    order = dict(zip(names, np.round(weights, 4).tolist(), strict=True))
    shares = won(found, weights)
    if fit_order:
        shares = cross_validated(found, start=start, strength=strength)
    with indexed(corpora[0], encoder) as index:
        reader = SpanReader(scorer, EvidenceReader(index.encode), _UNFITTED, order)
        cases = read_cases(corpora[0], reader, index, near_misses=True)
    fitted = fit_confidence(
        [case.example for case in cases],
        signals=signals,
        select=not signals,
        accuracy=accuracy,
        groups=[case.group for case in cases],
        counted=[case.real for case in cases],
    )
    return order, fitted, shares


def ship(model: Path, order: Mapping[str, float], fitted: Fit, figures: Mapping[str, Any]) -> None:
    """Write the network and its facts where the product loads them from."""
    WEIGHTS.mkdir(exist_ok=True)
    content = model.read_bytes()
    calibration = fitted.calibration
    facts = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "order": dict(order),
        "calibration": {
            "weights": {n: round(w, 4) for n, w in calibration.weights.items()},
            "intercept": round(calibration.intercept, 4),
            "threshold": round(calibration.threshold, 4),
            "thresholds": [[share, round(value, 4)] for share, value in calibration.thresholds],
        },
        "figures": dict(figures),
    }
    (WEIGHTS / "reader.onnx").write_bytes(content)
    (WEIGHTS / "reader.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
