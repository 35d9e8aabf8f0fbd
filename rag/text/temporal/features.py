"""Features of how well a publication date suits the time a question asks about.

All are pure functions of dates. Distances are natural logarithms of one plus days, so that ratios of
ages count: from a day to a week is as far as from a year to seven.
"""

from __future__ import annotations

import math
from datetime import date

from rag.features import TimeFeatures
from rag.text.temporal.frame import TimeFrame

LATER_DAYS = 7.0
"""Events are reported after they happen: a day after an interval counts as a seventh of one before it."""
TIMELESS = 0.5
"""Share of `staleness` that counts where a question asks about no time: people ask about what is new."""


def time_features(
    frame: TimeFrame | None, published: date | None, newest: date | None
) -> TimeFeatures:
    """Return the time features of one passage; all are 0 where it has no date.

    Parameters
    ----------
    frame
        The time the question asks about.
    newest
        The newest date among the question's best passages. Age is measured from it and not from the day
        asked, so that a report is as much older than another in an old archive as in a new one.

    Returns
    -------
    TimeFeatures
        ``frame_distance``: log-days from the asked interval, 0 inside of it or where there is none,
        slower after it than before; ``staleness``: log-days behind ``newest``, half of it where the
        question asks about no time, 0 where it asks about an interval.
    """
    if published is None:
        return TimeFeatures()
    behind = math.log1p(max(0, (newest - published).days)) if newest else 0.0
    if frame is None:
        behind *= TIMELESS
    elif frame.bounded or not frame.newest:
        behind = 0.0
    distance = frame_distance(frame, published) if frame else 0.0
    return TimeFeatures(distance, behind)


def frame_distance(frame: TimeFrame, published: date) -> float:
    """Return log-days from an interval, 0 inside; days after its end count less than days before it."""
    if frame.start is not None and published < frame.start:
        return math.log1p((frame.start - published).days)
    if frame.end is not None and published > frame.end:
        return math.log1p((published - frame.end).days / LATER_DAYS)
    return 0.0


def time_score(features: TimeFeatures) -> float:
    """Return how well a passage's date suits a question, 0 at best and negative in log-days."""
    return -(features.frame_distance + features.staleness)
