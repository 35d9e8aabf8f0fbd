"""The time a question asks about, and how well passages' publication dates suit it."""

from rag.text.temporal.expressions import times_named, without_times
from rag.text.temporal.features import time_features, time_score
from rag.text.temporal.frame import TimeFrame, time_frame
from rag.text.temporal.gap import time_gap

__all__ = [
    "TimeFrame",
    "time_features",
    "time_frame",
    "time_gap",
    "time_score",
    "times_named",
    "without_times",
]
