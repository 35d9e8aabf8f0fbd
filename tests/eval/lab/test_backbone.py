"""The network that training starts from is put together from its packages, and is the right one."""

import hashlib
import io
import zipfile

import pytest

from eval.lab.train.backbone import NAME, SHA256, BackboneError, check, join, packaged_parts

WEIGHTS = bytes(range(256)) * 40
DIGEST = hashlib.sha256(WEIGHTS).hexdigest()


def parts_in(folder, count=3):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(f"{NAME}/model.safetensors", WEIGHTS)
        archive.writestr(f"{NAME}/vocab.txt", "a\nb\n")
    data = made.getvalue()
    size = -(-len(data) // count)
    parts = []
    for number in range(count):
        parts.append(folder / f"{NAME}.zip.{number + 1:03}")
        parts[-1].write_bytes(data[number * size : (number + 1) * size])
    return parts


def test_the_parts_are_joined(tmp_path):
    folder = join(parts_in(tmp_path), tmp_path / "out", DIGEST)
    assert folder == tmp_path / "out" / NAME
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (folder / "vocab.txt").read_text() == "a\nb\n"


def test_parts_in_another_order_are_no_archive(tmp_path):
    parts = parts_in(tmp_path)
    with pytest.raises(BackboneError, match="cannot be unpacked"):
        join([*parts[1:], parts[0]], tmp_path / "out", DIGEST)


def test_other_weights_are_refused(tmp_path):
    with pytest.raises(BackboneError, match=f"its SHA-256 is {DIGEST}, not {SHA256} of {NAME}"):
        join(parts_in(tmp_path), tmp_path / "out")
    with pytest.raises(BackboneError, match=r"model\.safetensors: cannot be read"):
        check(tmp_path)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr("sys.path", [])
    with pytest.raises(BackboneError, match=f"{NAME}-pypi-part-001: not installed; pip install"):
        packaged_parts()
