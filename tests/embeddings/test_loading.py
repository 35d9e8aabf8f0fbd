"""Finding an embedding model: the genuine packaged one, a folder, or a clear line."""

import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from embeddings import DEFAULT_MODEL, EncoderNotFoundError, load_encoder
from embeddings.loading import GRAPH, METADATA, VOCABULARY, WEIGHTS, graph_sha256, weights_sha256
from eval.lab.export.float_weights import float32_folder


def model_folder(path, **files):
    path.mkdir()
    given = {"config.json": '{"hidden_size": 8}', "model.safetensors": "weights"} | files
    for name, content in given.items():
        if content is not None:
            (path / name).write_text(content)
    return path


def test_the_default_model_is_the_genuine_one_and_nothing_is_loaded():
    encoder = load_encoder()
    assert encoder.identity.name == DEFAULT_MODEL
    assert encoder.identity.weights_sha256.startswith("53aa5117")
    assert encoder.identity.weights_sha256.endswith("b128d9db")
    assert (encoder.identity.dimension, encoder.identity.max_word_pieces) == (384, 256)


@pytest.fixture
def packaged_copy(tmp_path, monkeypatch):
    """Return a copy of the packaged weights that stands in for them."""
    folder = tmp_path / "weights"
    shutil.copytree(WEIGHTS, folder)
    monkeypatch.setattr("embeddings.loading.WEIGHTS", folder)
    return folder


@pytest.mark.parametrize("name", [GRAPH, VOCABULARY])
def test_other_bytes_in_the_packaged_model_are_refused(packaged_copy, name):
    damaged = bytearray((packaged_copy / name).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (packaged_copy / name).write_bytes(damaged)
    expected = (
        f"the SHA-256 is {graph_sha256(packaged_copy)}, not {graph_sha256(WEIGHTS)}; reinstall"
    )
    with pytest.raises(EncoderNotFoundError, match=expected):
        load_encoder()


@pytest.mark.parametrize("name", [GRAPH, VOCABULARY, METADATA])
def test_a_missing_file_of_the_packaged_model_is_named(packaged_copy, name):
    (packaged_copy / name).unlink()
    with pytest.raises(EncoderNotFoundError, match=f"{re.escape(name)}.*reinstall presscite"):
        load_encoder()


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"sha256": 5}', b"\xff", '{"sha256": "a", "weights_sha256": "b"}']
)
def test_metadata_that_is_none_is_one_line(packaged_copy, content):
    data = content if isinstance(content, bytes) else content.encode()
    (packaged_copy / METADATA).write_bytes(data)
    with pytest.raises(EncoderNotFoundError, match="metadata cannot be read") as refused:
        load_encoder()
    assert "\n" not in str(refused.value)


@pytest.mark.slow
def test_loading_the_default_model_imports_neither_torch_nor_onnx():
    code = (
        "import sys; from embeddings import load_encoder; load_encoder().encode(['a']); "
        "print({'torch', 'onnx', 'transformers', 'sentence_transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "set()\n"), done.stderr


@pytest.mark.slow
def test_loading_a_folder_leaves_the_process_as_it_was():
    code = """
import os, socket, sys
from embeddings import load_encoder
from eval.lab.export.float_weights import float32_folder
def refuse(*_): raise OSError("a connection was opened")
socket.socket.connect = refuse
before = dict(os.environ)
encoder = load_encoder(str(float32_folder()))
seen = []
class Watch:
    def find_spec(self, name, path=None, target=None):
        if "pandas" in sys.modules and sys.modules["pandas"] is None:
            seen.append(name)
sys.meta_path.insert(0, Watch())
assert encoder.encode(["a"]).shape == (1, 384)
ours = {"HF_HUB_OFFLINE", "TOKENIZERS_PARALLELISM", "TRANSFORMERS_OFFLINE"}
assert {n: os.environ.get(n) for n in ours} == {n: before.get(n) for n in ours}
assert not seen, seen[:3]
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr


def test_a_folder_is_known_by_its_weights(tmp_path):
    limits = json.dumps({"max_seq_length": 99})
    folder = model_folder(tmp_path / "mine", **{"sentence_bert_config.json": limits})
    identity = load_encoder(str(folder)).identity
    assert (identity.name, identity.dimension, identity.max_word_pieces) == ("mine", 8, 99)
    assert identity.weights_sha256 == weights_sha256(folder)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"model.safetensors": None}, "no model.safetensors"),
        ({"model.safetensors": None, "pytorch_model.bin": "pickled"}, "no model.safetensors"),
        ({"config.json": None}, "configuration cannot be read"),
        ({"config.json": "{"}, "configuration cannot be read"),
        ({"config.json": "[]"}, "configuration cannot be read"),
        ({"config.json": '{"hidden_size": null}'}, "configuration cannot be read"),
        ({"sentence_bert_config.json": '{"max_seq_length": "x"}'}, "configuration cannot be read"),
    ],
)
def test_a_folder_that_is_no_model(tmp_path, files, reason):
    with pytest.raises(EncoderNotFoundError, match=reason):
        load_encoder(str(model_folder(tmp_path / "model", **files)))


@pytest.mark.slow
def test_a_name_of_nothing_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        EncoderNotFoundError, match="no folder and no model of that name"
    ) as refused:
        load_encoder("presscite-tests/no-such-model")
    assert "\n" not in str(refused.value)


def test_vectors_of_the_real_model():
    """Order, shape, unit length and meaning; one load for all of them."""
    import socket

    encoder = load_encoder()
    texts = [
        "The ministers signed a trade agreement.",
        "A commercial treaty was concluded by the governments.",
        "My cat sleeps on the sofa. " * 200,
        "",
        "Nguyễn Phú Trọng 中文",
    ]
    kept = socket.socket.connect
    socket.socket.connect = lambda *_: pytest.fail("a connection was opened")
    try:
        vectors = encoder.encode(texts)
    finally:
        socket.socket.connect = kept
    assert (vectors.shape, vectors.dtype) == ((5, 384), np.float32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.5 > vectors[0] @ vectors[2]
    assert encoder.encode([]).shape == (0, 384)
    # Padding and order make no difference.
    again = encoder.encode(texts[::-1])[::-1]
    assert np.allclose(again, vectors, atol=1e-5)


def test_a_copied_model_gives_the_same_identity_but_its_own_name(tmp_path):
    source = float32_folder()
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("config.json", "sentence_bert_config.json"):
        shutil.copy(source / name, copy / name)
    (copy / "model.safetensors").symlink_to(source / "model.safetensors")
    identity = load_encoder(str(copy)).identity
    assert identity.weights_sha256 == load_encoder().identity.weights_sha256
    assert identity.name == "copy"
