"""The calibrated model from features to a probability."""

import math

import pytest

from rag.errors import ModelError
from rag.features import SpanFeatures
from rag.reader.feature_reader import FeatureReader
from rag.reader.protocol import Calibration


def test_confidence_by_hand():
    calibration = Calibration({"score": 2.0, "staleness": -1.0}, intercept=0.5, threshold=0.5)
    expected = 1 / (1 + math.exp(-(0.5 + 2 * 0.25 - 1 * 3)))
    features = SpanFeatures(score=0.25, staleness=3.0)
    assert calibration.confidence(features) == pytest.approx(expected)


def test_a_feature_without_weight_counts_as_nothing():
    calibration = Calibration({"score": 2.0}, intercept=0.0, threshold=0.5)
    assert calibration.confidence(SpanFeatures(margin=9.0)) == 0.5


def test_extremes_stay_probabilities():
    calibration = Calibration({"score": 1.0}, intercept=0.0, threshold=0.5)
    low, high = (calibration.confidence(SpanFeatures(score=score)) for score in (-1e9, 1e9))
    assert 0 < low < high <= 1


@pytest.mark.parametrize("name", ["margn", "copy_group", "rare", ""])
def test_an_unknown_feature_is_named_beside_the_known_ones(name):
    with pytest.raises(ModelError, match=rf"'{name}'.*idf_overlap.*margin"):
        Calibration({"score": 1.0, name: 0.0}, 0.0, 0.5)
    with pytest.raises(ModelError, match=rf"'{name}'"):
        FeatureReader(None, weights={name: 1.0})


@pytest.mark.parametrize("weight", [math.nan, math.inf, "1", None, True])
def test_a_weight_that_is_no_finite_number_is_refused(weight):
    with pytest.raises(ModelError, match="the weight of score is"):
        Calibration({"score": weight}, 0.0, 0.5)
