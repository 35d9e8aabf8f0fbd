"""Presscite's reader as a folder any library can load: a BERT checkpoint with config and tokenizer."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embeddings import packaged_folder

LENGTH = 512
"""Word pieces the network has places for."""
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json")


def write_reader(folder: Path) -> Path:
    """Write the packaged reader's weights, as int8 rounded them, in Hugging Face's format."""
    from rag.reader.train.export import unpacked

    model = packaged_folder()
    unpacked(model, folder / "model.safetensors")
    for name in _TOKENIZER:
        if (model / name).exists():
            shutil.copyfile(model / name, folder / name)
    _changed(folder / "tokenizer_config.json", model_max_length=LENGTH)
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    config |= {"architectures": ["BertForQuestionAnswering"]}
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    return folder


@contextmanager
def reader_folder() -> Iterator[Path]:
    """Hold a temporary folder with the reader; made by a process of its own.

    The libraries that unpack it must not count towards the memory of whoever loads it.
    """
    with tempfile.TemporaryDirectory(
        prefix="presscite-rivals-", ignore_cleanup_errors=True
    ) as name:
        command = [sys.executable, "-m", "eval.bench.rivals.weights", name]
        subprocess.run(command, check=True)  # noqa: S603  (our own module)
        yield Path(name)


def _changed(file: Path, **values: object) -> None:
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    file.write_text(json.dumps(kept | values, indent=1), encoding="utf-8")


if __name__ == "__main__":
    write_reader(Path(sys.argv[1]))
