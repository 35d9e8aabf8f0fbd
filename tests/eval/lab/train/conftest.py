"""What tests of training share: the reader's tokenizer, and weights small enough to train in a moment."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from eval.lab.train.plan import Shape
from rag.reader.encoding import load_tokenizer
from rag.reader.loading import VOCABULARY, WEIGHTS

SMALL = Shape(layers=2, width=32, inner=64, heads=2)
"""All of MPNet's vocabulary, little of the rest."""


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return load_tokenizer(WEIGHTS / VOCABULARY)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Return the file of a small random network, as an earlier phase of training leaves it."""
    import torch
    from safetensors.torch import save_file

    from eval.lab.train.network import SpanNetwork

    torch.manual_seed(1)
    file = tmp_path / "weights.safetensors"
    save_file(SpanNetwork(SMALL).state_dict(), file)
    return file


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Compute in float32, and add up in one order: how threads share a sum out depends on what else runs."""
    import torch

    from eval.lab.train import learner, likelihood

    for module in (learner, likelihood):
        monkeypatch.setattr(module, "fastest_dtype", lambda: torch.float32)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
