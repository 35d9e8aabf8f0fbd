"""Puts a trained network into the product: orders and trusts its answers as development questions say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from embeddings import packaged_folder
from eval.tune.confidence import Case, read_cases
from eval.tune.corpora import Corpus, RememberingEncoder, indexed
from eval.tune.evidence import Race, cross_validated, fit_weights, races, won
from eval.tune.logistic import Fit, fit_confidence
from rag.reader.evidence import BY_VECTORS
from rag.reader.evidence import WEIGHTS as EVIDENCE_WEIGHTS
from rag.reader.find import WEIGHTS, assembled
from rag.reader.onnx_scorer import OnnxScorer
from rag.reader.protocol import Calibration

# The network's say beside the evidence of words. Fitted freely (--fit-order) it is three times as much, which
# puts the right quote first as often on written news, and less often on the sample (0.86, not 0.88) and on
# raw news articles (0.66, not 0.70). Vectors of sentences and words beside it changed at most one
# question in fifty, and took four times as long.
_START: Mapping[str, float] = {
    **{name: weight for name, weight in EVIDENCE_WEIGHTS.items() if name not in BY_VECTORS},
    "gap": 0.45,
    "alone": 0.15,
}
_UNFITTED = Calibration({}, 0.0, 0.5)


def fit(
    model: Path,
    asked: Sequence[Corpus],
    taught: Sequence[Corpus],
    *,
    signals: Sequence[str] | None,
    accuracy: float,
    fit_order: bool = False,
    strength: float = 0.5,
) -> tuple[dict[str, float], Fit, dict[str, float]]:
    """Return the order's weights, the confidence, and how often the first sentence answers.

    Where wanted, the order is fitted on all corpora. The confidence's weights are fitted on the corpora
    that ask what no article answers; its level and threshold on those that are ``asked``, as a user would:
    the ``taught`` are more, but written for training. The last are shares by corpus, cross-validated.
    """
    corpora = [*asked, *taught]
    encoder = RememberingEncoder()
    scorer = OnnxScorer.load(model.read_bytes(), packaged_folder() / "tokenizer.json")
    names = list(_START)
    found: list[Race] = []
    for corpus in corpora:
        with indexed(corpus, encoder) as index:
            reader = assembled(scorer, index.encode, _UNFITTED, _START)
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
    cases: list[Case] = []
    for corpus in corpora:
        if all(question.answerable for question in corpus.questions):
            continue
        with indexed(corpus, encoder) as index:
            reader = assembled(scorer, index.encode, _UNFITTED, order)
            read = read_cases(corpus, reader, index)
            cases += [replace(case, real=corpus in asked) for case in read]
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
