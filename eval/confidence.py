"""What confidences and abstentions are worth: pure functions, arrays in, numbers out.

``confidence`` is one probability (0..1) a question; ``correct`` whether its best answer is right,
which an unanswerable question's never is. Undefined figures are None, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def auroc(confidence: Sequence[float], positive: Sequence[bool]) -> float | None:
    """Chance that a positive question has more confidence than a negative one; ties count half.

    The Mann-Whitney form of the area under the ROC curve (Hanley and McNeil 1982,
    doi:10.1148/radiology.143.1.7063747). None where a side is empty.
    """
    scores = np.asarray(confidence, dtype=np.float64)
    labels = np.asarray(positive, dtype=np.bool_)
    n_positive = int(labels.sum())
    n_negative = len(labels) - n_positive
    if not n_positive or not n_negative:
        return None
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    middle_rank = np.cumsum(count) - (count - 1) / 2
    rank_sum = float(middle_rank[place][labels].sum())
    return (rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)


def told_precision(abstained: Sequence[bool], correct: Sequence[bool]) -> float | None:
    """Of the questions answered, the share answered correctly; None without any."""
    told = [right for right, quiet in zip(correct, abstained, strict=True) if not quiet]
    return sum(told) / len(told) if told else None


def abstain_precision(abstained: Sequence[bool], answerable: Sequence[bool]) -> float | None:
    """Of the questions abstained from, the share that is unanswerable; None without any."""
    chosen = [not a for a, quiet in zip(answerable, abstained, strict=True) if quiet]
    return sum(chosen) / len(chosen) if chosen else None


def abstain_recall(abstained: Sequence[bool], answerable: Sequence[bool]) -> float | None:
    """Of the unanswerable questions, the share abstained from; None without any."""
    chosen = [quiet for a, quiet in zip(answerable, abstained, strict=True) if not a]
    return sum(chosen) / len(chosen) if chosen else None


def _most_confident_first(confidence: Sequence[float], ids: Sequence[str]) -> list[int]:
    return sorted(range(len(ids)), key=lambda i: (-confidence[i], ids[i]))


def _running_accuracy(
    confidence: Sequence[float], correct: Sequence[bool], ids: Sequence[str]
) -> NDArray[np.float64]:
    order = _most_confident_first(confidence, ids)
    hits = np.cumsum(np.asarray([correct[i] for i in order], dtype=np.float64))
    accuracy: NDArray[np.float64] = hits / np.arange(1, len(order) + 1)
    return accuracy


def coverage_at(
    accuracy: float, confidence: Sequence[float], correct: Sequence[bool], ids: Sequence[str]
) -> float | None:
    """Largest share of all questions that can be answered, surest first, at this accuracy or more.

    The coverage side of selective prediction (El-Yaniv and Wiener 2010, JMLR 11; for question
    answering Kamath et al. 2020, arXiv:2006.09462, "coverage at accuracy"). 0 where no share
    reaches the accuracy, None without questions.
    """
    if not ids:
        return None
    reached = np.flatnonzero(_running_accuracy(confidence, correct, ids) >= accuracy - 1e-12)
    return float(reached[-1] + 1) / len(ids) if len(reached) else 0.0


def precision_coverage(
    confidence: Sequence[float], correct: Sequence[bool], ids: Sequence[str]
) -> list[tuple[float, float]]:
    """Points (share answered, share of those right), surest questions first; one a question.

    The risk-coverage curve of El-Yaniv and Wiener 2010 with 1 - risk in the risk's place.
    """
    if not ids:
        return []
    running = _running_accuracy(confidence, correct, ids)
    return [((i + 1) / len(ids), float(value)) for i, value in enumerate(running)]


@dataclass(frozen=True, slots=True)
class Bin:
    """The questions whose confidence lies in ``(low, high]`` (0 belongs to the first bin)."""

    low: float
    high: float
    n: int
    confidence: float | None
    """Mean confidence; None for an empty bin."""
    accuracy: float | None
    """Share correct; None for an empty bin."""


def _bin_of_each(scores: NDArray[np.float64], n_bins: int) -> NDArray[np.intp]:
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    place: NDArray[np.intp] = np.searchsorted(edges, scores, side="left") - 1
    return np.clip(place, 0, n_bins - 1)


def reliability_bins(
    confidence: Sequence[float], correct: Sequence[bool], n_bins: int = 10
) -> list[Bin]:
    """Cut 0..1 in bins of equal width and say for each how sure and how right it was.

    Guo et al. 2017, On Calibration of Modern Neural Networks, arXiv:1706.04599, section 2.
    """
    scores = np.asarray(confidence, dtype=np.float64)
    right = np.asarray(correct, dtype=np.float64)
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    place = _bin_of_each(scores, n_bins)
    bins = []
    for b in range(n_bins):
        inside = place == b
        n = int(inside.sum())
        bins.append(
            Bin(
                low=float(edges[b]),
                high=float(edges[b + 1]),
                n=n,
                confidence=float(scores[inside].mean()) if n else None,
                accuracy=float(right[inside].mean()) if n else None,
            )
        )
    return bins


def expected_calibration_error(
    confidence: Sequence[float], correct: Sequence[bool], n_bins: int = 10
) -> float | None:
    """Mean distance of confidence from accuracy over equal-width bins, weighted by their counts.

    arXiv:1706.04599, equation 3; lower is better. None without questions.
    """
    if not len(confidence):
        return None
    return sum(
        b.n * abs(b.accuracy - b.confidence)
        for b in reliability_bins(confidence, correct, n_bins)
        if b.accuracy is not None and b.confidence is not None
    ) / len(confidence)


def calibration_error_by_chance(confidence: Sequence[float], n_bins: int = 10) -> float | None:
    """Give the `expected_calibration_error` that confidences would have on average if all were true.

    Each question is then right with the probability that its confidence names, independently of
    the others, and few questions in a bin lie off its mean by chance alone (the bias of the
    estimate: Kumar et al. 2019, arXiv:1909.10155, section 4; Bröcker and Smith 2007,
    doi:10.1175/WAF993.1, compare with such resamples). Exact: the mean absolute deviation of each
    bin's Poisson binomial distribution, in time of the square of the bin's count.

    Returns
    -------
    float | None
        In 0..1; None without questions.
    """
    if not len(confidence):
        return None
    scores = np.asarray(confidence, dtype=np.float64)
    place = _bin_of_each(scores, n_bins)
    deviation = 0.0
    for b in range(n_bins):
        inside = scores[place == b]
        probability = np.ones(1)
        for score in inside:
            probability = np.convolve(probability, (1.0 - score, score))
        rights = np.arange(len(inside) + 1)
        deviation += float(np.abs(rights - inside.sum()) @ probability)
    return deviation / len(scores)


def percentile(values: Sequence[float], q: float) -> float | None:
    """The ``q``-th percentile (0..100), linear between neighbours; None without values."""
    return float(np.percentile(np.asarray(values), q)) if len(values) else None
