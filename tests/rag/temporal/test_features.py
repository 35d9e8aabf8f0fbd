"""Features of a passage's date, by values worked out by hand."""

import math
from datetime import date

import pytest

from rag.temporal import TimeFrame, recency, time_features, time_score

ASKED = date(2024, 2, 14)
YEAR = TimeFrame(date(2023, 1, 1), date(2023, 12, 31), newest=False, explicit=True)
NEWEST = TimeFrame(None, None, newest=True, explicit=False)


def test_a_passage_inside_the_interval():
    assert time_features(YEAR, date(2023, 12, 31), ASKED) == {
        "age": pytest.approx(math.log(46)),
        "frame_distance": 0.0,
        "newest_age": 0.0,
        "undated": 0.0,
    }


@pytest.mark.parametrize(
    ("published", "distance"),
    [
        (date(2022, 12, 31), math.log(2)),
        (date(2022, 1, 1), math.log(366)),
        (date(2023, 1, 1), 0.0),
        (date(2024, 1, 7), math.log(2)),
        (date(2024, 2, 11), math.log(7)),
    ],
)
def test_days_after_an_interval_count_less_than_days_before(published, distance):
    assert time_features(YEAR, published, ASKED)["frame_distance"] == pytest.approx(distance)


def test_an_open_end_is_no_distance():
    until = TimeFrame(None, date(2023, 12, 31), newest=False, explicit=True)
    since = TimeFrame(date(2023, 12, 31), None, newest=False, explicit=True)
    assert time_features(until, date(1990, 1, 1), ASKED)["frame_distance"] == 0.0
    assert time_features(since, ASKED, ASKED)["frame_distance"] == 0.0
    assert time_features(since, date(2023, 12, 30), ASKED)["frame_distance"] == math.log(2)


def test_the_newest_is_asked_for():
    features = time_features(NEWEST, date(2024, 2, 13), ASKED)
    assert features["age"] == features["newest_age"] == pytest.approx(math.log(2))
    assert features["frame_distance"] == 0.0
    assert time_score(features) == pytest.approx(-math.log(2))


def test_without_a_date_or_a_time():
    undated = time_features(YEAR, None, ASKED)
    assert undated == {"age": 0.0, "frame_distance": 0.0, "newest_age": 0.0, "undated": 1.0}
    timeless = time_features(None, date(2020, 1, 1), ASKED)
    assert timeless["frame_distance"] == timeless["newest_age"] == time_score(timeless) == 0.0
    assert timeless["age"] > 7
    assert time_features(None, date(2025, 1, 1), ASKED)["age"] == 0.0


def test_recency_ranks_days():
    old, mid, new = date(2020, 1, 1), date(2021, 1, 1), date(2022, 1, 1)
    assert recency([old, None, new, mid, new]) == [1 / 3, 0.0, 1.0, 1 / 2, 1.0]
    assert recency([]) == []
