"""What is written for the product: parts that are not too large, and the scores of the whole."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import load_file as load_tensors
from safetensors.torch import save_file

from embeddings.runtime import Feeds, session_from_file, session_of
from eval.lab.baselines.weights import config
from eval.lab.export.activation_ranges import collect_activation_ranges
from eval.lab.export.bert_graph import bert_graph
from eval.lab.train import export as module
from eval.lab.train.export import SHIPPED, bert_named, export, shape_of
from eval.lab.train.network import SpanNetwork
from eval.lab.train.plan import Shape
from eval.lab.train.shipped import hugging_face_named, load_weights, shipped_tensors
from rag.reader.loading import VOCABULARY, WEIGHTS, weights_digest, weights_files

pytestmark = pytest.mark.slow

SHAPE = Shape(layers=2, width=32, inner=64, heads=2, vocabulary=600, positions=130)
PART = 30_000


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    file = tmp_path / "trained.safetensors"
    save_file(SpanNetwork(SHAPE).state_dict(), file)
    return file


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PART_BYTES", PART)


def some_feeds() -> list[Feeds]:
    rng = np.random.default_rng(4)
    return [{"ids": rng.integers(0, SHAPE.vocabulary, (1, n))} for n in (7, 40, 120)]


def scores(session: object, feeds: Sequence[Feeds]) -> list[np.ndarray]:
    return [session.run(["scores"], feed)[0] for feed in feeds]  # type: ignore[attr-defined]


@pytest.mark.usefixtures("small_parts")
def test_parts_are_small_and_give_the_scores_of_the_whole(trained: Path, tmp_path: Path) -> None:
    said: list[str] = []
    file = export(trained, WEIGHTS / VOCABULARY, some_feeds(), tmp_path / "out", said.append)
    graph, *parts, vocabulary = weights_files(tmp_path / "out")
    assert (graph, vocabulary.name) == (file, VOCABULARY)
    assert [part.name for part in parts] == [f"reader-{n + 1}.bin" for n in range(len(parts))]
    assert len(parts) > 2
    assert all(0 < part.stat().st_size <= PART for part in parts)
    assert [line.split(":")[0] for line in said] == [f.name for f in (graph, *parts, vocabulary)]
    tensors = load_file(trained)
    ranges = collect_activation_ranges(bert_named(tensors), shape_of(tensors), "span", some_feeds())
    whole = bert_graph(
        bert_named(tensors), shape_of(tensors), precision=SHIPPED, head="span", ranges=ranges
    )
    wanted = scores(session_of(whole.SerializeToString()), some_feeds())
    found = scores(session_from_file(file), some_feeds())
    for own, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(own, other)
    back = load_weights(whole)
    for name, tensor in shipped_tensors(file).items():
        np.testing.assert_array_equal(tensor, back[name])


def test_parts_of_an_earlier_export_do_not_stay(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"

    def exported() -> tuple[int, str]:
        export(trained, WEIGHTS / VOCABULARY, some_feeds(), out, lambda _: None)
        return len(list(out.glob("reader-*.bin"))), weights_digest(out)

    count, digest = exported()
    assert count == 1
    with monkeypatch.context() as small:
        small.setattr(module, "PART_BYTES", PART)
        assert exported()[0] > 2
    assert exported() == (count, digest)


@pytest.mark.usefixtures("small_parts")
def test_a_tensor_larger_than_a_part_has_one_of_its_own(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PART_BYTES", 8_000)
    file = export(trained, WEIGHTS / VOCABULARY, some_feeds(), tmp_path / "out", lambda _: None)
    assert (tmp_path / "out" / "reader-1.bin").stat().st_size > 0
    assert np.isfinite(scores(session_from_file(file), some_feeds())[0]).all()


def test_hugging_face_reads_the_same_of_the_shipped_weights(trained: Path, tmp_path: Path) -> None:
    from transformers import MPNetConfig, MPNetForQuestionAnswering

    file = export(trained, WEIGHTS / VOCABULARY, some_feeds(), tmp_path / "out", lambda _: None)
    kept = tmp_path / "model.safetensors"
    save_arrays(hugging_face_named(shipped_tensors(file)), kept)
    theirs = MPNetForQuestionAnswering(MPNetConfig(**config(SHAPE))).eval()
    theirs.load_state_dict(load_tensors(kept))
    ours = SpanNetwork(SHAPE).eval()
    ours.load_state_dict({n: torch.from_numpy(t) for n, t in shipped_tensors(file).items()})
    for feed in some_feeds():
        ids = torch.from_numpy(feed["ids"])
        ids[ids == 1] = 5  # a padding token inside would be given another position there
        with torch.inference_mode():
            wanted = theirs(input_ids=ids, attention_mask=torch.ones_like(ids))
            found = ours(ids, torch.ones_like(ids))
        np.testing.assert_allclose(found[:, :, 0], wanted.start_logits, atol=1e-4)
        np.testing.assert_allclose(found[:, :, 1], wanted.end_logits, atol=1e-4)
