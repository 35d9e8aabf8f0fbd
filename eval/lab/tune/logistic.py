"""Logistic regression over span features, and the threshold for a target accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.confidence import auroc, coverage_at, expected_calibration_error
from rag.reader.protocol import Calibration

Example = tuple[Mapping[str, float], bool]
"""The features of a best answer, and whether it was right (never, for an unanswerable question)."""

_FOLDS = 5
_STRENGTHS = (0.3, 1.0, 3.0, 10.0)
_GAIN = 0.002
_PLATT = 1.0


@dataclass(frozen=True, slots=True)
class Fit:
    """A calibration with its cross-validated figures; all are out of fold."""

    calibration: Calibration
    strength: float
    """Of the ridge on the weights of standardised features."""
    auroc: float | None
    coverage: float | None
    """Coverage at the target accuracy."""
    ece: float | None
    log_loss: float


def fit_confidence(
    examples: Sequence[Example],
    *,
    features: Sequence[str] | None = None,
    select: bool = True,
    accuracy: float = 0.9,
    rising: bool = True,
    groups: Sequence[str] | None = None,
    counted: Sequence[bool] | None = None,
) -> Fit:
    """Fit a confidence on development examples.

    The ridge is the one with the lowest cross-validated log loss. The threshold is the smallest
    out-of-fold confidence from which on the wanted share is right (`threshold_for`).

    Parameters
    ----------
    examples
        At least one right and one wrong.
    features
        Those that may be used; all of the examples' by default. A missing one counts as 0.
    select
        Let features enter one after another as long as each lowers the cross-validated log loss;
        else all of them are used.
    accuracy
        Wanted among the questions answered, 0..1.
    rising
        Refuse a feature that would lower the confidence where it rises: with few examples that is
        noise, where features are made so that more is better.
    groups
        One name an example; those of one name share a fold, so that what is learnt about a topic
        is measured on others.
    counted
        Which examples are real questions; the others (near misses) teach the weights, but level,
        threshold and figures are those of the real ones. All by default.

    Raises
    ------
    ValueError
        Where all examples are right, or none is.
    """
    right = np.asarray([r for _, r in examples], dtype=np.float64)
    real = np.ones(len(right), np.bool_) if counted is None else np.asarray(counted, np.bool_)
    for some in (right, right[real]):
        if not 0 < some.sum() < len(some):
            raise ValueError(
                f"{int(some.sum())} of {len(some)} examples are right; both are needed"
            )
    names = list(features or sorted({name for found, _ in examples for name in found}))
    values = np.asarray([[found.get(n, 0.0) for n in names] for found, _ in examples], np.float64)
    held = _folds(right, groups)
    if select:
        chosen = _selected(values, right, held, rising=rising)
    else:
        chosen = list(range(len(names)))
        while rising and chosen:
            weights, _ = _regression(values[:, chosen], right, _STRENGTHS[1])
            if (weights >= 0).all():
                break
            chosen.pop(int(np.argmin(weights)))
    kept = values[:, chosen]
    losses = [(_loss(_out_of_fold(kept, right, held, s), right), s) for s in _STRENGTHS]
    loss, strength = min(losses)
    weights, intercept = _regression(kept, right, strength)
    guesses = _out_of_fold(kept, right, held, strength)[real]
    # Near misses lower the level of all confidences: it is set again on real questions (Platt 1999).
    scale, shift = 1.0, 0.0
    if not real.all():
        logits = np.log(guesses / (1 - guesses))[:, None]
        found_scale, shift = _regression(logits, right[real], _PLATT)
        scale = float(found_scale[0])
        guesses = _sigmoid(logits[:, 0] * scale + shift)
    truth = (right[real] > 0).tolist()
    sure = guesses.tolist()
    return Fit(
        Calibration(
            {names[c]: float(w) * scale for c, w in zip(chosen, weights, strict=True)},
            float(intercept) * scale + shift,
            threshold_for(accuracy, sure, truth),
            thresholds(sure, truth),
        ),
        strength,
        auroc(sure, truth),
        coverage_at(accuracy, sure, truth, [f"{n:06}" for n in range(len(sure))]),
        expected_calibration_error(sure, truth),
        loss,
    )


def _selected(
    values: NDArray[np.float64],
    right: NDArray[np.float64],
    held: Sequence[NDArray[np.bool_]],
    *,
    rising: bool,
) -> list[int]:
    """Forward selection: return the columns that lower the cross-validated loss, best first."""
    chosen: list[int] = []
    strength = _STRENGTHS[1]
    best = _loss(_out_of_fold(values[:, chosen], right, held, strength), right)
    while len(chosen) < values.shape[1]:
        tries = []
        for column in set(range(values.shape[1])) - set(chosen):
            columns = [*chosen, column]
            weights, _ = _regression(values[:, columns], right, strength)
            if rising and (weights < 0).any():
                continue
            guesses = _out_of_fold(values[:, columns], right, held, strength)
            tries.append((_loss(guesses, right), column))
        if not tries or min(tries)[0] > best - _GAIN:
            break
        best, added = min(tries)
        chosen.append(added)
    return chosen


def single_features(examples: Sequence[Example]) -> dict[str, float]:
    """Return the AUROC of each feature alone."""
    right = [r for _, r in examples]
    names = sorted({name for found, _ in examples for name in found})
    found = {n: auroc([f.get(n, 0.0) for f, _ in examples], right) for n in names}
    return {n: 0.5 if value is None else value for n, value in found.items()}


def threshold_for(accuracy: float, confidence: Sequence[float], right: Sequence[bool]) -> float:
    """Return the smallest confidence from which on at least this share is right.

    Where no threshold reaches it, the largest confidence: then only the surest answer is shown.
    """
    order = np.argsort(-np.asarray(confidence), kind="stable")
    sorted_confidence = np.asarray(confidence)[order]
    share = np.cumsum(np.asarray(right, np.float64)[order]) / np.arange(1, len(order) + 1)
    # A threshold accepts all of equal confidence, so ties count at the end of their run only.
    ends = np.append(sorted_confidence[1:] < sorted_confidence[:-1], True)
    reached = np.flatnonzero((share >= accuracy - 1e-12) & ends)
    return float(sorted_confidence[reached[-1]] if len(reached) else sorted_confidence[0])


def thresholds(
    confidence: Sequence[float], right: Sequence[bool]
) -> tuple[tuple[float, float], ...]:
    """Return (accuracy, threshold) for every hundredth from 0.5 on that some threshold reaches."""
    pairs = []
    for hundredths in range(50, 100):
        threshold = threshold_for(hundredths / 100, confidence, right)
        answered = [r for c, r in zip(confidence, right, strict=True) if c >= threshold]
        if sum(answered) >= hundredths / 100 * len(answered) - 1e-9:
            pairs.append((hundredths / 100, threshold))
    return tuple(pairs)


def _regression(
    values: NDArray[np.float64], right: NDArray[np.float64], strength: float
) -> tuple[NDArray[np.float64], float]:
    """Return weights and intercept by Newton's method, with a ridge on standardised weights.

    Hastie, Tibshirani and Friedman, The Elements of Statistical Learning (2009), section 4.4.1.
    """
    mean = values.mean(axis=0)
    spread = values.std(axis=0)
    spread[spread < 1e-9] = 1.0
    design = np.column_stack([(values - mean) / spread, np.ones(len(values))])
    ridge = np.full(design.shape[1], strength)
    ridge[-1] = 1e-6
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        guess = _sigmoid(design @ beta)
        gradient = design.T @ (guess - right) + ridge * beta
        curvature = design.T @ (design * (guess * (1 - guess))[:, None]) + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        beta -= np.clip(step, -3, 3)
        if np.abs(step).max() < 1e-8:
            break
    weights: NDArray[np.float64] = beta[:-1] / spread
    return weights, float(beta[-1] - weights @ mean)


def _out_of_fold(
    values: NDArray[np.float64],
    right: NDArray[np.float64],
    held: Sequence[NDArray[np.bool_]],
    strength: float,
) -> NDArray[np.float64]:
    guesses = np.empty(len(right))
    for out in held:
        weights, intercept = _regression(values[~out], right[~out], strength)
        guesses[out] = _sigmoid(values[out] @ weights + intercept)
    return guesses


def _folds(right: NDArray[np.float64], groups: Sequence[str] | None) -> list[NDArray[np.bool_]]:
    """Return which examples each fold holds out: whole groups, or right and wrong ones evenly."""
    if groups is not None and len(set(groups)) > 1:
        names = sorted(set(groups))
        place = {name: n % min(_FOLDS, len(names)) for n, name in enumerate(names)}
        fold = np.asarray([place[name] for name in groups])
    else:
        fold = np.empty(len(right), dtype=np.intp)
        rng = np.random.default_rng(13)
        for label in (0.0, 1.0):
            members = rng.permutation(np.flatnonzero(right == label))
            fold[members] = np.arange(len(members)) % _FOLDS
    return [fold == f for f in np.unique(fold)]


def _loss(guesses: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    sure = np.clip(guesses, 1e-6, 1 - 1e-6)
    return float(-(right * np.log(sure) + (1 - right) * np.log(1 - sure)).mean())


def _sigmoid(z: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
    return result
