"""The front door: what is exported exists, and what is public is exported."""

import importlib
import inspect
from importlib.metadata import version

import pytest

import presscite
import rag
import rag.errors
import rag.types
from rag.errors import PressciteError


@pytest.mark.parametrize("module", ["presscite", "rag", "embeddings", "rag.errors"])
def test_every_export_exists(module):
    imported = importlib.import_module(module)
    for name in imported.__all__:
        assert getattr(imported, name) is not None
    assert len(set(imported.__all__)) == len(imported.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        imported.Nothing  # noqa: B018


def test_every_export_of_rag_is_one_of_presscite():
    assert set(presscite.__all__) == {*rag.__all__, *rag.errors.__all__, "__version__"}
    for name in rag.__all__:
        assert getattr(presscite, name) is getattr(rag, name)
        assert getattr(rag, name).__name__ == name


def _public(module):
    return {
        name
        for name, found in vars(module).items()
        if inspect.isclass(found) and found.__module__ == module.__name__ and name[0] != "_"
    }


def test_every_record_and_error_is_exported():
    assert _public(rag.types) <= set(presscite.__all__)
    assert _public(rag.errors) <= set(rag.errors.__all__)


def test_every_error_is_under_the_root_and_in_the_tree_drawn():
    for name in rag.errors.__all__:
        assert issubclass(getattr(rag.errors, name), PressciteError)
        assert name in rag.errors.__doc__


def test_version_is_the_distributions():
    assert presscite.__version__ == version("presscite")


@pytest.mark.slow
def test_a_missing_model_is_one_of_presscites_errors(monkeypatch):
    # Offline, the hub is not asked again and again.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(presscite.ModelError, match="no-such-model"):
        importlib.import_module("embeddings").load_encoder("no-such-model")
