"""The graph computes what the model of the same weights computes."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from onnxruntime import InferenceSession
from safetensors.numpy import load_file
from safetensors.torch import save_file
from transformers import BertConfig, BertForQuestionAnswering, MPNetConfig, MPNetModel

from eval.lab.export.bert_graph import BertShape, Precision, bert_graph
from eval.lab.train.export import bert_named, shape_of
from eval.lab.train.network import SpanNetwork, network
from eval.lab.train.plan import Shape
from eval.lab.train.shipped import load_weights

pytestmark = pytest.mark.slow

IDS = np.array([[101, 7592, 2088, 999, 102, 0], [101, 2054, 2003, 2009, 1029, 102]])
MASK = np.array([[1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1]], np.int32)
TYPES = np.array([[0, 0, 1, 1, 1, 0], [0, 0, 0, 1, 1, 1]])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BertForQuestionAnswering]:
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(3)
    config = BertConfig(
        hidden_size=128, num_hidden_layers=3, num_attention_heads=4, intermediate_size=256
    )
    made = BertForQuestionAnswering(config).eval()
    config.save_pretrained(folder)
    save_file(made.state_dict(), folder / "model.safetensors")
    return folder, made


def run(folder: Path, head: str, *, precision: Precision) -> list[np.ndarray]:
    tensors = load_file(folder / "model.safetensors")
    weights = {name.removeprefix("bert."): array for name, array in tensors.items()}
    graph = bert_graph(weights, BertShape.read(folder), precision=precision, head=head)
    session = InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    rows = []
    for ids, types, length in zip(IDS, TYPES, MASK.sum(1), strict=True):
        feeds = {"ids": ids[None, :length]}
        if head == "span":
            feeds["types"] = types[None, :length]
        rows.append(np.asarray(session.run(None, feeds)[0])[0])
    return rows


def test_float32_spans_are_the_models_own(model: tuple[Path, BertForQuestionAnswering]) -> None:
    folder, made = model
    with torch.inference_mode():
        wanted = made(torch.from_numpy(IDS), torch.from_numpy(MASK), torch.from_numpy(TYPES))
    scores = run(folder, "span", precision="float32")
    for row, length in enumerate(MASK.sum(1)):
        np.testing.assert_allclose(scores[row][:, 0], wanted.start_logits[row, :length], atol=1e-5)
        np.testing.assert_allclose(scores[row][:, 1], wanted.end_logits[row, :length], atol=1e-5)


def test_float32_vectors_are_the_mean_of_real_tokens(
    model: tuple[Path, BertForQuestionAnswering],
) -> None:
    folder, made = model
    with torch.inference_mode():
        states = made.bert(torch.from_numpy(IDS), torch.from_numpy(MASK)).last_hidden_state.numpy()
    mean = (states * MASK[:, :, None]).sum(1) / MASK.sum(1, keepdims=True)
    wanted = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    np.testing.assert_allclose(run(folder, "mean", precision="float32"), wanted, atol=1e-5)


def test_int8_points_the_same_way(model: tuple[Path, BertForQuestionAnswering]) -> None:
    folder, _ = model
    exact = np.stack(run(folder, "mean", precision="float32"))
    rounded = np.stack(run(folder, "mean", precision="int8_per_channel"))
    assert ((exact * rounded).sum(axis=1) > 0.99).all()


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "roberta"}))
    with pytest.raises(ValueError, match="not a BERT encoder"):
        BertShape.read(tmp_path)


# Relative positions: MPNet

SHAPE = Shape(layers=2, width=32, inner=64, heads=2, vocabulary=60, positions=202)
# Nearer than all buckets of a distance of their own reach, and farther than the last begins.
LENGTHS = (9, 170)


@pytest.fixture(scope="module")
def mpnet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MPNetModel]:
    """Return a small random MPNet and the file of its weights, as it is packaged."""
    torch.manual_seed(5)
    config = MPNetConfig(
        vocab_size=SHAPE.vocabulary,
        hidden_size=SHAPE.width,
        num_hidden_layers=SHAPE.layers,
        num_attention_heads=SHAPE.heads,
        intermediate_size=SHAPE.inner,
        max_position_embeddings=SHAPE.positions,
        layer_norm_eps=SHAPE.epsilon,
        # Loud enough that distances and matrices count.
        initializer_range=0.2,
    )
    made = MPNetModel(config, add_pooling_layer=False).eval()
    file = tmp_path_factory.mktemp("mpnet") / "model.safetensors"
    save_file(made.state_dict(), file)
    return file, made


def loaded(file: Path) -> SpanNetwork:
    """Return the network with scores of about 1 to 5 in size."""
    net = network(SHAPE, file).eval()
    with torch.no_grad():
        net.scores.weight *= 20
    return net


def some_ids(length: int) -> torch.Tensor:
    return torch.randint(5, SHAPE.vocabulary, (1, length), generator=torch.manual_seed(length))


def graph_scores(net: SpanNetwork, ids: torch.Tensor, precision: Precision) -> np.ndarray:
    trained = {name: tensor.numpy() for name, tensor in net.state_dict().items()}
    graph = bert_graph(
        bert_named(trained), shape_of(trained), precision=precision, head="span"
    ).SerializeToString()
    session = InferenceSession(graph, providers=["CPUExecutionProvider"])
    assert [given.name for given in session.get_inputs()] == ["ids"]
    return np.asarray(session.run(["scores"], {"ids": ids.numpy()})[0])


@pytest.mark.parametrize("length", LENGTHS)
def test_float32_scores_are_those_of_torch_and_of_mpnet(
    mpnet: tuple[Path, MPNetModel], length: int
) -> None:
    file, theirs = mpnet
    net, ids = loaded(file), some_ids(length)
    with torch.inference_mode():
        ours = net(ids, torch.ones_like(ids)).numpy()
        wanted = net.scores(theirs(ids).last_hidden_state).numpy()
    np.testing.assert_allclose(ours, wanted, atol=1e-4)
    np.testing.assert_allclose(graph_scores(net, ids, "float32"), wanted, atol=1e-4)


def test_padding_in_torch_changes_nothing(mpnet: tuple[Path, MPNetModel]) -> None:
    net, ids = loaded(mpnet[0]), some_ids(9)
    padded = torch.cat([ids, torch.full((1, 3), 1)], dim=1)
    mask = torch.tensor([[1] * 9 + [0] * 3])
    with torch.inference_mode():
        found = net(padded, mask)[:, :9].numpy()
    np.testing.assert_allclose(found, graph_scores(net, ids, "float32"), atol=1e-4)


@pytest.mark.parametrize("length", LENGTHS)
def test_int8_scores_are_near(mpnet: tuple[Path, MPNetModel], length: int) -> None:
    net, ids = loaded(mpnet[0]), some_ids(length)
    exact, rounded = (graph_scores(net, ids, p) for p in ("float32", "int8_per_channel"))
    assert np.abs(rounded - exact).mean() < 0.1 * np.abs(exact).mean()


@pytest.mark.parametrize("length", LENGTHS)
def test_relative_distances_count(mpnet: tuple[Path, MPNetModel], length: int) -> None:
    net, ids = loaded(mpnet[0]), some_ids(length)
    before = graph_scores(net, ids, "float32")
    with torch.no_grad():
        # The bucket of the farthest tokens behind, which a short text has none of.
        net.relative.weight[SHAPE.buckets // 2 - 1] += 3.0
    after = graph_scores(net, ids, "float32")
    assert np.allclose(before, after, atol=1e-6) == (length == min(LENGTHS))


@pytest.mark.parametrize("precision", ["float32", "int8_per_channel"])
def test_a_span_graph_gives_its_weights_back(
    mpnet: tuple[Path, MPNetModel], precision: Precision
) -> None:
    trained = {n: t.numpy() for n, t in network(SHAPE, mpnet[0]).state_dict().items()}
    shape = shape_of(trained)
    back = load_weights(bert_graph(bert_named(trained), shape, precision=precision, head="span"))
    assert back.keys() == trained.keys()
    for name, own in trained.items():
        # Half a step of the largest weight that shares a scale, and what its column had cut off.
        close = 1e-6 if precision == "float32" else float(np.abs(own).max()) * 0.22
        used = _USED.get(name, slice(None))
        np.testing.assert_allclose(back[name][used], own[used], atol=close, rtol=0)


# No distance falls in the first bucket behind, and padding has no place in a graph.
_USED = {
    "positions.weight": slice(2, None),
    "relative.weight": [n for n in range(SHAPE.buckets) if n != SHAPE.buckets // 2],
}
