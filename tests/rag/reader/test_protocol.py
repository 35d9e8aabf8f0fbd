"""The calibrated model from signals to a probability."""

import math

import pytest

from rag.reader.protocol import Calibration


def test_confidence_by_hand():
    calibration = Calibration({"a": 2.0, "b": -1.0}, intercept=0.5, threshold=0.5)
    expected = 1 / (1 + math.exp(-(0.5 + 2 * 0.25 - 1 * 3)))
    assert calibration.confidence({"a": 0.25, "b": 3.0}) == pytest.approx(expected)


def test_missing_signal_counts_as_nothing():
    calibration = Calibration({"a": 2.0}, intercept=0.0, threshold=0.5)
    assert calibration.confidence({"c": 9.0}) == 0.5


def test_extremes_stay_probabilities():
    calibration = Calibration({"a": 1.0}, intercept=0.0, threshold=0.5)
    assert 0 < calibration.confidence({"a": -1e9}) < calibration.confidence({"a": 1e9}) <= 1
