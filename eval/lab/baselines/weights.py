"""Presscite's reader as a folder any library can load: an MPNet checkpoint with config and tokenizer."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eval.lab.train.plan import Shape
from rag.reader.loading import GRAPH, VOCABULARY, WEIGHTS

LENGTH = 512
"""Tokens the network has positions for."""
_TOKENS: dict[str, Any] = {
    "bos_token": "<s>",
    "cls_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "[UNK]",
    "mask_token": "<mask>",
}


def write_reader(folder: Path) -> Path:
    """Write the packaged reader's weights, as int8 rounded them, in Hugging Face's format."""
    from safetensors.numpy import save_file

    from eval.lab.train.shipped import hugging_face_named, shipped_tensors

    tensors = hugging_face_named(shipped_tensors(WEIGHTS / GRAPH))
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    shutil.copyfile(WEIGHTS / VOCABULARY, folder / "tokenizer.json")
    tokenizer = _TOKENS | {"tokenizer_class": "MPNetTokenizer", "model_max_length": LENGTH}
    for name, values in (("config", config(Shape())), ("tokenizer_config", tokenizer)):
        (folder / f"{name}.json").write_text(json.dumps(values, indent=1), encoding="utf-8")
    return folder


def config(shape: Shape) -> dict[str, Any]:
    """Return the ``config.json`` of ``MPNetForQuestionAnswering`` with these sizes."""
    return {
        "architectures": ["MPNetForQuestionAnswering"],
        "model_type": "mpnet",
        "hidden_act": "gelu",
        "num_hidden_layers": shape.layers,
        "hidden_size": shape.width,
        "intermediate_size": shape.inner,
        "num_attention_heads": shape.heads,
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": shape.positions,
        "relative_attention_num_buckets": shape.buckets,
        "layer_norm_eps": shape.epsilon,
        "bos_token_id": 0,
        "pad_token_id": 1,
        "eos_token_id": 2,
    }


@contextmanager
def reader_folder() -> Iterator[Path]:
    """Hold a temporary folder with the reader; made by a process of its own.

    The libraries that unpack it must not count towards the memory of whoever loads it.
    """
    with tempfile.TemporaryDirectory(
        prefix="presscite-baselines-", ignore_cleanup_errors=True
    ) as name:
        command = [sys.executable, "-m", "eval.lab.baselines.weights", name]
        subprocess.run(command, check=True)  # noqa: S603  (our own module)
        yield Path(name)


if __name__ == "__main__":
    write_reader(Path(sys.argv[1]))
