"""The torch-free encoder gives the vectors of Sentence-Transformers, whatever its cache holds."""

from pathlib import Path

import numpy as np
import pytest

from embeddings import packaged_folder
from embeddings.encoder import EncoderIdentity
from embeddings.onnx_encoder import OnnxEncoder
from embeddings.sentence_transformer import SentenceTransformerEncoder

IDENTITY = EncoderIdentity("packaged", "5" * 64, 384)
TEXTS = [
    "The ferry to Sorrel was late again.",
    "Nguyễn Phú Trọng và Đại hội",
    "",
    "grain " * 600,
    "本次会议在北京举行。",
    "\N{SNOWMAN}\u200d\u0301",
]


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    return OnnxEncoder(packaged_folder(), IDENTITY)


def test_vectors_are_those_of_sentence_transformers(encoder: OnnxEncoder) -> None:
    wanted = SentenceTransformerEncoder(packaged_folder(), IDENTITY).encode(TEXTS)
    vectors = encoder.encode(TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, wanted, atol=1e-5)


def test_a_text_alone_and_among_others_has_the_same_vector(encoder: OnnxEncoder) -> None:
    together = encoder.encode(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(encoder.encode([text])[0], vector, atol=1e-5)


def test_no_texts_give_no_vectors(encoder: OnnxEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_the_graph_is_drawn_once_and_a_damaged_copy_is_drawn_again(tmp_path: Path) -> None:
    def encode() -> np.ndarray:
        return OnnxEncoder(packaged_folder(), IDENTITY, precision="columns", cache=tmp_path).encode(
            TEXTS[:1]
        )

    first = encode()
    (kept,) = tmp_path.glob("*.onnx")
    stamp = kept.stat().st_mtime_ns
    np.testing.assert_array_equal(encode(), first)
    assert kept.stat().st_mtime_ns == stamp
    damaged = bytearray(kept.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    kept.write_bytes(damaged)
    np.testing.assert_array_equal(encode(), first)
    assert kept.read_bytes() != bytes(damaged)


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    encoder = OnnxEncoder(packaged_folder(), IDENTITY, precision="columns", cache=blocked)
    assert encoder.encode(TEXTS[:1]).shape == (1, 384)
