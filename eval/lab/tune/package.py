"""Packages a trained reader: ranker weights and calibration are fitted on development questions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from eval.lab.tune.confidence import CalibrationExample, calibration_example, read_questions
from eval.lab.tune.corpora import Corpus, indexed
from eval.lab.tune.evidence import QueryGroup, cross_validated, fit_weights, query_group
from eval.lab.tune.logistic import Fit, fit_confidence
from eval.remembering_encoder import RememberingEncoder
from rag.reader.feature_reader import FeatureReader
from rag.reader.feature_weights import weighted_sum
from rag.reader.loading import GRAPH, VOCABULARY, WEIGHTS, weights_digest, weights_files
from rag.reader.onnx_scorer import OnnxScorer
from rag.reader.protocol import Calibration
from rag.reader.span_reader import SpanReader
from rag.types import Span

ORDER: Mapping[str, float] = {
    "null_score_diff": 1.0,
    "passage_cosine": 0.5,
    "staleness": -0.1,
    "frame_distance": -0.1,
}
"""Default ranker weights; measured in docs/decisions.md."""
OF_SPEAKERS = {"by_speaker": 0.6}
"""Of the calibration, for questions that ask for somebody's words; measured in docs/decisions.md."""
FEATURES = ("null_score_diff", "context_diff", "score", "margin", "passage_cosine")
_UNFITTED = Calibration({}, 0.0, 0.5)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Fitted weights and calibration, and accuracy at 1 of quotes by corpus."""

    order: dict[str, float]
    confidence: Fit
    right_first: dict[str, float]
    cases: tuple[CalibrationExample, ...]


def fit(
    folder: Path,
    asked: Sequence[Corpus],
    taught: Sequence[Corpus],
    *,
    order: Mapping[str, float] = ORDER,
    features: Sequence[str] = FEATURES,
    accuracy: float,
    fit_order: bool = False,
    strength: float = 0.5,
) -> Fitted:
    """Read every question once; fit ranker weights with ``fit_order``, then the calibration.

    Parameters
    ----------
    folder
        Where a network was exported to.
    asked, taught
        Intercept and threshold of the calibration are fitted on ``asked``, whose questions are like users';
        ``taught`` were written for training and enter the weights only.
    order
        Ranker weights; the start of the fit with ``fit_order``.
    """
    scorer = OnnxScorer.load(folder / GRAPH, folder / VOCABULARY)
    encoder = RememberingEncoder()
    read = []
    for corpus in [*asked, *taught]:
        with indexed(corpus, encoder) as index:
            reader = SpanReader(scorer, FeatureReader(None), _UNFITTED, order)
            read += [
                (corpus, group, question, spans)
                for group, question, spans in read_questions(corpus, reader, index)
            ]
    found = dict(order)
    shares: dict[str, float] = {}
    if fit_order:
        query_groups = [
            query
            for corpus, group, question, spans in read
            if (query := query_group(corpus.name, group, question, spans, list(order)))
        ]
        found, shares = _fitted_order(query_groups, order, strength)
    cases = [
        replace(calibration_example(group, rescored(spans, found), question), real=corpus in asked)
        for corpus, group, question, spans in read
    ]
    fitted = fit_confidence(
        [case.example for case in cases],
        features=features,
        select=False,
        accuracy=accuracy,
        groups=[case.group for case in cases],
        counted=[case.real for case in cases],
    )
    if not shares:
        for corpus in [*asked, *taught]:
            own = [
                case.right
                for case, (its, *_) in zip(cases, read, strict=True)
                if its is corpus and case.answerable
            ]
            shares[corpus.name] = float(np.mean(own)) if own else 0.0
    return Fitted(found, fitted, shares, tuple(cases))


def _fitted_order(
    query_groups: Sequence[QueryGroup], start: Mapping[str, float], strength: float
) -> tuple[dict[str, float], dict[str, float]]:
    weights = fit_weights(query_groups, start=list(start.values()), strength=strength)
    # Ranking depends on ratios only; the network's weight stays 1, so that margins keep their scale.
    weights = weights / weights[list(start).index("null_score_diff")]
    shares = cross_validated(query_groups, start=list(start.values()), strength=strength)
    return dict(zip(start, np.round(weights, 4).tolist(), strict=True)), shares


def rescored(spans: Sequence[Span], order: Mapping[str, float]) -> list[Span]:
    """Return the spans rescored with other ranker weights, best first."""
    found = []
    for span in spans:
        score = weighted_sum(order, span.features)
        found.append(replace(span, score=score, features=replace(span.features, score=score)))
    return sorted(found, key=lambda s: (-s.score, s.passage.chunk.id, s.start))


def package_reader(folder: Path, fitted: Fitted, figures: Mapping[str, Any]) -> None:
    """Copy an exported network into `rag/reader/weights` and write its ``reader.json``."""
    WEIGHTS.mkdir(exist_ok=True)
    for old in WEIGHTS.glob("reader-*.bin"):
        old.unlink()
    for file in weights_files(folder):
        shutil.copyfile(file, WEIGHTS / file.name)
    calibration = fitted.confidence.calibration
    facts = {
        "sha256": weights_digest(WEIGHTS),
        "ranker_weights": fitted.order,
        "calibration": {
            "weights": {n: round(w, 4) for n, w in {**calibration.weights, **OF_SPEAKERS}.items()},
            "intercept": round(calibration.intercept, 4),
            "threshold": round(calibration.threshold, 4),
            "thresholds": [[share, round(value, 4)] for share, value in calibration.thresholds],
        },
        "figures": dict(figures),
    }
    (WEIGHTS / "reader.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
