"""Quantised weights stay within 16-bit sums on every processor, and lose little precision."""

from pathlib import Path

import numpy as np
import pytest
from onnxruntime import InferenceSession

from eval.lab.export.activation_ranges import collect_activation_ranges, load, save
from eval.lab.export.bert_graph import BertShape, bert_graph
from eval.lab.export.encoder import RANGES
from eval.lab.export.quantisation import quantise_per_channel, smoothing_factors

SHAPE = BertShape(2, 2, 64, 1e-12)
_RNG = np.random.default_rng(7)
FEEDS = [
    {"ids": _RNG.integers(0, 50, (1, size)), "types": np.zeros((1, size), np.int64)}
    for size in (5, 9, 14)
]


def made_weights() -> dict[str, np.ndarray]:
    """Return weights of a small network, one of whose channels is far louder than the others."""
    rng = np.random.default_rng(11)
    sizes = {
        "embeddings.word_embeddings": (50, 64),
        "embeddings.position_embeddings": (32, 64),
        "embeddings.token_type_embeddings": (2, 64),
        "qa_outputs": (2, 64),
    }
    found = {f"{n}.weight": rng.normal(size=s).astype(np.float32) for n, s in sizes.items()}
    found["qa_outputs.bias"] = np.zeros(2, np.float32)
    norms = ["embeddings.LayerNorm"]
    for layer in range(SHAPE.layers):
        name = f"encoder.layer.{layer}"
        matrices = {f"attention.self.{part}": (64, 64) for part in ("query", "key", "value")}
        matrices |= {"attention.output.dense": (64, 64), "intermediate.dense": (128, 64)}
        matrices["output.dense"] = (64, 128)
        for part, size in matrices.items():
            matrix = rng.normal(scale=0.15, size=size)
            found[f"{name}.{part}.weight"] = matrix.astype(np.float32)
            found[f"{name}.{part}.bias"] = np.zeros(size[0], np.float32)
        norms += [f"{name}.attention.output.LayerNorm", f"{name}.output.LayerNorm"]
    for name in norms:
        found[f"{name}.weight"] = np.ones(64, np.float32)
        found[f"{name}.weight"][5] = 25.0
        found[f"{name}.bias"] = np.zeros(64, np.float32)
    return found


def scores(graph: bytes) -> list[np.ndarray]:
    session = InferenceSession(graph, providers=["CPUExecutionProvider"])
    return [np.asarray(session.run(None, feed)[0]) for feed in FEEDS]


def test_a_pair_of_products_fits_sixteen_bits() -> None:
    matrix = np.random.default_rng(1).normal(size=(96, 40)).astype(np.float32)
    kept, scale = quantise_per_channel(matrix)
    assert kept.dtype == np.int8
    # Activations are unsigned bytes; processors without VNNI add two products before widening.
    assert 2 * 255 * int(np.abs(kept.astype(int)).max()) < 1 << 15
    assert np.abs(kept * scale - matrix).mean() < np.abs(matrix).mean() / 40


def test_what_is_rounded_stays_as_it_is() -> None:
    matrix = np.random.default_rng(2).normal(size=(32, 8)).astype(np.float32)
    kept, scale = quantise_per_channel(matrix)
    again, same = quantise_per_channel(kept * scale)
    np.testing.assert_array_equal(again, kept)
    np.testing.assert_allclose(same, scale, rtol=1e-6)


@pytest.mark.parametrize("matrix", [np.zeros((4, 3)), np.full((4, 3), 1e-30)])
def test_columns_of_nothing(matrix: np.ndarray) -> None:
    kept, scale = quantise_per_channel(matrix)
    assert not kept.any()
    assert np.isfinite(scale).all()
    assert np.isfinite(smoothing_factors(matrix, np.zeros(4), 0.8)).all()


def test_evening_favours_the_quiet_inputs() -> None:
    matrix = np.ones((3, 2))
    factor = smoothing_factors(matrix, np.array([1.0, 1.0, 30.0]), 0.8)
    assert factor[2] > factor[0] == factor[1]
    # What is divided has a smaller spread than before.
    assert 30 / factor[2] < 5 / factor[0]
    assert np.prod(factor) == pytest.approx(1.0, rel=1e-5)


def test_ranges_bring_bytes_nearer(tmp_path: Path) -> None:
    weights = made_weights()
    exact = scores(bert_graph(weights, SHAPE, precision="float32", head="span").SerializeToString())
    met = collect_activation_ranges(weights, SHAPE, "span", FEEDS)
    assert met["encoder.layer.0.qkv"].shape == (64,)
    assert met["encoder.layer.1.output.dense"].shape == (128,)
    save(met, tmp_path / "ranges.npz")
    errors = []
    for ranges in (None, load(tmp_path / "ranges.npz")):
        graph = bert_graph(weights, SHAPE, precision="int8_per_channel", head="span", ranges=ranges)
        found = scores(graph.SerializeToString())
        errors.append(sum(float(np.square(a - b).sum()) for a, b in zip(found, exact, strict=True)))
    assert errors[1] < errors[0] / 2


def test_the_packaged_ranges_are_the_default_models() -> None:
    ranges = load(RANGES)
    assert len(ranges) == 4 * 6
    assert all((r > 0).all() and r.shape in {(384,), (1536,)} for r in ranges.values())
