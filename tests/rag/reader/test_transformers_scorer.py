"""Loading a model by folder leaves the process as it was."""

import pytest

from rag.errors import ModelError
from rag.reader.transformers_scorer import TransformersScorer
from tests.networks import tiny_network

pytestmark = pytest.mark.slow


@pytest.fixture
def talkative():
    """Return transformers' logging, set to what an application might have chosen."""
    from transformers.utils import logging

    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    yield logging
    logging.set_verbosity(before[0])
    (logging.enable_progress_bar if before[1] else logging.disable_progress_bar)()


def state(logging):
    return logging.get_verbosity(), logging.is_progress_bar_enabled()


def test_loading_restores_the_librarys_messages(talkative, tmp_path):
    tiny_network(tmp_path)
    talkative.set_verbosity_info()
    talkative.enable_progress_bar()
    before = state(talkative)
    scores = TransformersScorer.load(str(tmp_path)).score("Who came?", ["Nobody came."], [""])
    assert len(scores) == 1
    assert state(talkative) == before


def test_a_failure_restores_them_too(talkative, tmp_path):
    talkative.set_verbosity_info()
    talkative.enable_progress_bar()
    before = state(talkative)
    with pytest.raises(ModelError, match="no question-answering model could be loaded"):
        TransformersScorer.load(str(tmp_path))
    assert state(talkative) == before
