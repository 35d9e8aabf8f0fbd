"""What many tests share: isolated user folders, a tiny encoder, and where shared material lies."""

import hashlib
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from embeddings import EncoderIdentity

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
# No example fails for being slow: the machine may be busy.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Keep the tests of a file in one process where there are several: their fixtures are costly."""
    if getattr(config.option, "numprocesses", None):
        config.option.dist = "loadfile"


def pytest_ignore_collect(collection_path, config):
    """Do not import modules that are slow as a whole where the run leaves slow tests out.

    Their imports (torch, Gradio) would take longer than all quick tests together.
    """
    if "not slow" not in config.option.markexpr or not collection_path.name.startswith("test_"):
        return None
    return "\npytestmark = pytest.mark.slow\n" in collection_path.read_text("utf-8") or None


@pytest.fixture(scope="session")
def corpus():
    """Return the folder of raw articles, or skip where it is not there."""
    folder = SHARED / "corpus"
    if not folder.is_dir():
        pytest.skip("the raw articles beside the project are missing")
    return folder


@lru_cache(maxsize=1 << 16)
def _direction(word, dimension):
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).normal(size=dimension)


class HashEncoder:
    """A deterministic encoder: each word adds a fixed pseudo-random direction."""

    def __init__(self, name="hash-32", dimension=32, salt=""):
        self.identity = EncoderIdentity(name, hashlib.sha256(salt.encode()).hexdigest(), dimension)
        self.calls = 0
        self.texts = []
        self._salt = salt

    def encode(self, texts):
        self.calls += 1
        self.texts += list(texts)
        rows = [self._vector(text) for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.identity.dimension), np.float32)

    def _vector(self, text):
        total = np.full(self.identity.dimension, 1e-3)
        for word in text.lower().split():
            total += _direction(self._salt + word, self.identity.dimension)
        return (total / np.linalg.norm(total)).astype(np.float32)


@pytest.fixture
def encoder():
    return HashEncoder()
