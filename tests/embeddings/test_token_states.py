"""Hidden states of the packaged encoder: their mean is its vector."""

import numpy as np
import pytest

from embeddings import EncoderNotFoundError, load_encoder
from embeddings.token_states import TokenStates, with_output

TEXT = "Who signed the Lake Charter in Arbon?"


def test_the_mean_of_the_states_is_the_vector():
    states, offsets = TokenStates().states(TEXT, 100)
    mean = states.mean(axis=0)
    vector = load_encoder().encode([TEXT])[0]
    np.testing.assert_allclose(mean / np.linalg.norm(mean), vector, atol=1e-6)
    assert len(offsets) == len(states)
    assert TEXT[slice(*offsets[1])] == "Who"


def test_of_a_long_text_the_end_is_kept():
    states, offsets = TokenStates().states(f"{TEXT} " * 50, 30)
    assert states.shape == (30, 384)
    assert offsets[-2][1] == len(TEXT) * 50 + 49


def test_a_missing_graph_is_named(tmp_path):
    with pytest.raises(EncoderNotFoundError, match="reinstall presscite"):
        TokenStates(tmp_path).states("a", 10)


def test_a_name_too_long_for_one_length_byte_is_refused():
    with pytest.raises(ValueError, match="too long"):
        with_output(b"", "x" * 200)
