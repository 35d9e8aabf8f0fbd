"""The torch-free encoder gives the vectors of Sentence-Transformers, to rounding in float32."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from embeddings import runtime
from embeddings.encoder import EncoderIdentity
from embeddings.errors import EncoderNotFoundError
from embeddings.loading import GRAPH, VOCABULARY, WEIGHTS
from embeddings.onnx_encoder import OnnxEncoder
from embeddings.sentence_transformer import SentenceTransformerEncoder
from eval.lab.export.encoder import float32_encoder
from eval.lab.export.float_weights import float32_folder

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
    return float32_encoder()


@pytest.mark.slow
def test_vectors_are_those_of_sentence_transformers(encoder: OnnxEncoder) -> None:
    wanted = SentenceTransformerEncoder(float32_folder(), IDENTITY).encode(TEXTS)
    vectors = encoder.encode(TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, wanted, atol=1e-5)


@pytest.mark.slow
def test_a_text_alone_and_among_others_has_the_same_vector(encoder: OnnxEncoder) -> None:
    together = encoder.encode(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(encoder.encode([text])[0], vector, atol=1e-5)


@pytest.mark.slow
@pytest.mark.slow
def test_one_thread_gives_the_same_vectors_as_many(encoder: OnnxEncoder, monkeypatch) -> None:
    wanted = encoder.encode(TEXTS)
    monkeypatch.setattr(runtime, "MAX_THREADS", 1)
    monkeypatch.setattr(runtime, "_pool", lambda _: pytest.fail("a thread was started"))
    np.testing.assert_array_equal(encoder.encode(TEXTS), wanted)


@pytest.mark.slow
def test_the_longest_run_begins_first(encoder: OnnxEncoder, monkeypatch) -> None:
    begun = []

    class Noting(ThreadPoolExecutor):
        def submit(self, run, outputs, feed):
            begun.append(runtime._size(feed))
            return super().submit(run, outputs, feed)

    wanted = encoder.encode(TEXTS)
    with Noting(2) as pool:
        monkeypatch.setattr(runtime, "_pool", lambda _: pool)
        np.testing.assert_array_equal(encoder.encode(TEXTS), wanted)
    assert begun == sorted(begun, reverse=True)
    assert len(set(begun)) > 2


def test_no_texts_give_no_vectors(encoder: OnnxEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_an_unreadable_graph_is_one_line(tmp_path: Path) -> None:
    graph = tmp_path / "encoder.onnx"
    graph.write_bytes(b"not a graph")
    broken = OnnxEncoder(graph, WEIGHTS / VOCABULARY, IDENTITY)
    with pytest.raises(
        EncoderNotFoundError, match=r"^packaged: the model cannot be loaded"
    ) as refused:
        broken.encode(["a"])
    assert "\n" not in str(refused.value)
    with pytest.raises(EncoderNotFoundError, match="cannot be loaded"):
        OnnxEncoder(WEIGHTS / GRAPH, tmp_path / "none.json", IDENTITY).encode(["a"])
