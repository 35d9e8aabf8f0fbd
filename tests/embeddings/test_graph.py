"""The drawn graph computes what the model of the same weights computes."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from onnxruntime import InferenceSession
from safetensors.numpy import load_file
from safetensors.torch import save_file
from transformers import BertConfig, BertForQuestionAnswering

from embeddings.graph import BertShape, Precision, encoder_graph, weights_of

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
    graph = encoder_graph(weights, BertShape.read(folder), precision=precision, head=head)
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


@pytest.mark.parametrize("precision", ["columns", "blocks"])
def test_int8_points_the_same_way(
    model: tuple[Path, BertForQuestionAnswering], precision: Precision
) -> None:
    folder, _ = model
    exact = np.stack(run(folder, "mean", precision="float32"))
    rounded = np.stack(run(folder, "mean", precision=precision))
    assert ((exact * rounded).sum(axis=1) > 0.99).all()


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "roberta"}))
    with pytest.raises(ValueError, match="not a BERT encoder"):
        BertShape.read(tmp_path)


@pytest.mark.parametrize("precision", ["float32", "columns", "blocks"])
def test_a_graph_gives_its_weights_back(
    model: tuple[Path, BertForQuestionAnswering], precision: Precision
) -> None:
    folder, _ = model
    shape = BertShape.read(folder)
    tensors = load_file(folder / "model.safetensors")
    weights = {name.removeprefix("bert."): array for name, array in tensors.items()}
    drawn = encoder_graph(weights, shape, precision=precision, head="span")
    back = weights_of(drawn.SerializeToString(), shape)
    assert back.keys() == weights.keys()
    for name, own in weights.items():
        # Half a step of the largest weight that shares a scale, and what its column had cut off.
        steps = {"float32": np.inf, "columns": 2 / 0.44, "blocks": 2 * 127}[precision]
        close = float(np.abs(own).max()) / steps + 1e-6
        np.testing.assert_allclose(back[name], own, atol=close, rtol=0)
    again = encoder_graph(back, shape, precision=precision, head="span")
    assert again.SerializeToString() == drawn.SerializeToString()


@pytest.mark.parametrize("junk", [b"", b"not a graph", b"\x08\x09"])
def test_what_is_no_graph_gives_no_weights(junk: bytes) -> None:
    with pytest.raises(ValueError, match="graph"):
        weights_of(junk, BertShape(3, 4, 128, 1e-12))
