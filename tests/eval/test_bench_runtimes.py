"""Layouts of texts in runs, what is said of a way, and graphs drawn again that must say the same."""

import numpy as np
import pytest

from embeddings.graph import BertShape, encoder_graph
from embeddings.runtime import session_of
from eval.bench.graphs import domains, fast_gelu, masked, products, static_bytes
from eval.bench.layouts import alone, batches, buckets, in_order, padding
from eval.bench.runtimes import figures, nearness

PIECES = [[7], [1, 2, 3], [4, 5], [6, 7, 8, 9]]
SHAPE = BertShape(layers=2, heads=2, hidden=16, epsilon=1e-12)


def drawn():
    chance = np.random.default_rng(3)
    sizes = {
        "embeddings.word_embeddings.weight": (30, 16),
        "embeddings.position_embeddings.weight": (12, 16),
        "embeddings.token_type_embeddings.weight": (2, 16),
        "embeddings.LayerNorm.weight": (16,),
        "embeddings.LayerNorm.bias": (16,),
    }
    for layer in range(SHAPE.layers):
        name = f"encoder.layer.{layer}"
        parts = [f"attention.self.{part}" for part in ("query", "key", "value")]
        for part in (*parts, "attention.output.dense"):
            sizes |= {f"{name}.{part}.weight": (16, 16), f"{name}.{part}.bias": (16,)}
        sizes |= {f"{name}.intermediate.dense.weight": (32, 16)}
        sizes |= {f"{name}.intermediate.dense.bias": (32,)}
        sizes |= {f"{name}.output.dense.weight": (16, 32), f"{name}.output.dense.bias": (16,)}
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            sizes |= {f"{name}.{part}.weight": (16,), f"{name}.{part}.bias": (16,)}
    weights = {n: chance.standard_normal(s).astype(np.float32) for n, s in sizes.items()}
    return encoder_graph(weights, SHAPE, precision="float32", head="mean")


def run(model, runs):
    session = session_of(model.SerializeToString())
    taken = [one.name for one in session.get_inputs()]
    outs = [session.run(["vectors"], {n: one.feeds[n] for n in taken})[0] for one in runs]
    return in_order(runs, outs)


def test_a_run_a_text_is_of_its_own_length():
    runs = alone(PIECES)
    assert [one.texts for one in runs] == [(3,), (1,), (2,), (0,)]
    assert [one.length for one in runs] == [4, 3, 2, 1]
    assert padding(runs) == 0


def test_batches_are_padded_to_their_longest():
    runs = batches(PIECES, 3)
    assert [one.texts for one in runs] == [(3, 1, 2), (0,)]
    assert runs[0].feeds["ids"].tolist() == [[6, 7, 8, 9], [1, 2, 3, 0], [4, 5, 0, 0]]
    assert runs[0].feeds["mask"].tolist() == [[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0]]
    assert padding(runs) == pytest.approx(3 / 13)


def test_buckets_hold_their_texts():
    assert [one.length for one in buckets(PIECES, (2, 4))] == [4, 4, 2, 2]
    with pytest.raises(ValueError, match="4 word pieces: more than 3"):
        buckets(PIECES, (2, 3))


def test_outputs_are_put_in_the_order_of_texts():
    runs = batches(PIECES, 3)
    outputs = [np.array([[3.0], [1.0], [2.0]], np.float32), np.array([[0.0]], np.float32)]
    assert in_order(runs, outputs).ravel().tolist() == [0, 1, 2, 3]


def test_nearness_is_of_rows():
    exact = np.eye(2, dtype=np.float32)
    assert nearness(2 * exact, exact) == (1.0, 1.0)
    assert nearness(np.array([[1, 0], [1, 0]], np.float32), exact) == (0.5, 0.0)
    with pytest.raises(ValueError, match="not a number"):
        nearness(exact * np.nan, exact)
    with pytest.raises(ValueError, match="wanted"):
        nearness(exact[:1], exact)


def test_a_row_stands_beside_torch():
    taken = {"torch": [2.0, 4.0], "other": [1.0, 2.0]}
    (row,) = figures(taken, 300, {"other": "cosine 1"}, 16)
    assert (row.name, row.value, row.other, row.ratio) == ("other", 200.0, 100.0, 2.0)
    assert "batches of 16" in row.beside


def test_graphs_drawn_again_say_the_same_of_padded_texts():
    model = drawn()
    exact = run(model, alone(PIECES))
    for plain in (False, True):
        again = masked(model, SHAPE, plain=plain)
        assert domains(again).keys() == ({""} if plain else {"", "com.microsoft"})
        for runs in (alone(PIECES), batches(PIECES, 3), buckets(PIECES, (2, 8))):
            assert np.allclose(run(again, runs), exact, atol=1e-5)
    near = nearness(run(fast_gelu(model), alone(PIECES)), exact)
    assert 0.999 < near[1] < 1


@pytest.mark.parametrize("plain", [False, True])
def test_every_product_with_weights_takes_bytes(plain):
    model = masked(drawn(), SHAPE, plain=plain)
    assert len(products(model)) == 4 * SHAPE.layers
    static = static_bytes(model, [one.feeds for one in alone(PIECES)])
    made = {out: node.op_type for node in static.graph.node for out in node.output}
    both = [
        node.name
        for node in static.graph.node
        if node.op_type == "MatMul" and {made.get(i) for i in node.input} == {"DequantizeLinear"}
    ]
    assert sorted(both) == sorted(products(model))
    exact = run(model, alone(PIECES))
    assert nearness(run(static, alone(PIECES)), exact)[1] > 0.98
