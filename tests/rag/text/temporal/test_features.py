"""Features of a passage's date, by hand values."""

import math
from datetime import date

import pytest

from rag.features import TimeFeatures
from rag.text.temporal import TimeFrame, time_features, time_score

WEEK = TimeFrame(date(2024, 6, 3), date(2024, 6, 9), newest=False, explicit=True)
LATEST = TimeFrame(None, None, newest=True, explicit=True)
NEWEST = date(2024, 6, 10)


def test_inside_the_interval_nothing_is_lost():
    features = time_features(WEEK, date(2024, 6, 5), NEWEST)
    assert features == TimeFeatures()
    assert time_score(features) == 0.0


def test_a_day_after_the_interval_counts_a_seventh_of_a_day_before():
    before = time_features(WEEK, date(2024, 6, 2), NEWEST)
    after = time_features(WEEK, date(2024, 6, 16), NEWEST)
    assert before.frame_distance == after.frame_distance == pytest.approx(math.log(2))
    assert time_score(before) == pytest.approx(-math.log(2))


def test_what_is_newest_is_measured_from_the_newest_report_not_from_the_day_asked():
    assert time_features(LATEST, NEWEST, NEWEST).staleness == 0.0
    behind = time_features(LATEST, date(2024, 6, 3), NEWEST)
    assert behind.staleness == pytest.approx(math.log(8))
    assert time_score(behind) == pytest.approx(-math.log(8))


def test_where_no_time_is_asked_about_age_counts_half():
    assert time_features(None, date(2024, 6, 3), NEWEST).staleness == pytest.approx(math.log(8) / 2)


def test_an_interval_asked_about_makes_age_no_matter():
    assert time_features(WEEK, date(2024, 6, 5), date(2026, 1, 1)).staleness == 0.0


def test_an_undated_passage_loses_nothing():
    for frame in (None, WEEK, LATEST):
        features = time_features(frame, None, NEWEST)
        assert features == TimeFeatures()


def test_without_any_dated_passage_nothing_is_stale():
    assert time_features(LATEST, date(2024, 1, 1), None).staleness == 0.0
