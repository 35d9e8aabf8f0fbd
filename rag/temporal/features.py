"""How a passage's publication date lies to the time a question asks about, as numbers.

All are pure functions of dates. Distances are natural logarithms of one plus days: between a day and
a week lies as much as between a year and seven. Weights belong to whoever uses them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

from rag.temporal.frame import TimeFrame

LATER_DAYS = 7.0
"""Events are reported after they happen: a day after an interval counts as a seventh of one before it."""


def time_features(
    frame: TimeFrame | None, published: date | None, as_of: date
) -> Mapping[str, float]:
    """Return the features of one passage.

    Returns
    -------
    Mapping[str, float]
        ``age``: log-days from publication to ``as_of``; ``frame_distance``: log-days from the asked
        interval, 0 inside of it or where there is none, slower after it than before; ``newest_age``:
        ``age`` where the question asks for what is newest, else 0; ``undated``: 1 for a passage
        without a date, whose other features are 0.
    """
    if published is None:
        return {"age": 0.0, "frame_distance": 0.0, "newest_age": 0.0, "undated": 1.0}
    age = math.log1p(max(0, (as_of - published).days))
    return {
        "age": age,
        "frame_distance": frame_distance(frame, published) if frame else 0.0,
        "newest_age": age if frame and frame.newest else 0.0,
        "undated": 0.0,
    }


def frame_distance(frame: TimeFrame, published: date) -> float:
    """Return log-days from an interval, 0 inside; days after its end count less than days before it."""
    if frame.start is not None and published < frame.start:
        return math.log1p((frame.start - published).days)
    if frame.end is not None and published > frame.end:
        return math.log1p((published - frame.end).days / LATER_DAYS)
    return 0.0


def recency(dates: Sequence[date | None]) -> list[float]:
    """Return one over each date's rank in a set: 1 for the newest, 1/2 for the next, ...; 0 undated.

    Passages of one day have one rank.
    """
    ranks = {day: n for n, day in enumerate(sorted({d for d in dates if d}, reverse=True), 1)}
    return [1 / ranks[day] if day else 0.0 for day in dates]


def time_score(features: Mapping[str, float]) -> float:
    """Return how well a passage's date suits a question, 0 at best and negative in log-days."""
    return -(features["frame_distance"] + features["newest_age"])
