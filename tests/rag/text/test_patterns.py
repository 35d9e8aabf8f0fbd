"""Patterns wait for their first use; that each of them compiles is seen here."""

import importlib
import pkgutil

import pytest
import regex

import rag
from rag.text.patterns import _LazyPattern, lazily


def lazy_patterns():
    for module in pkgutil.walk_packages(rag.__path__, "rag."):
        if ".train" not in module.name:
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, _LazyPattern):
                    yield f"{module.name}.{name}", value


def test_every_pattern_of_rag_compiles():
    found = dict(lazy_patterns())
    assert len(found) > 50
    for pattern in found.values():
        pattern.search("")


def test_a_lazy_pattern_does_what_a_compiled_one_does():
    source = r"\b(?P<n>\d+) (?:cats|dogs)\b"
    lazy, compiled = lazily(source, regex.I), regex.compile(source, regex.I)
    text = "3 Cats and 12 dogs"
    assert [m["n"] for m in lazy.finditer(text)] == [m["n"] for m in compiled.finditer(text)]
    assert lazy.sub("x", text) == compiled.sub("x", text)
    assert lazy.pattern == source


def test_a_mistake_shows_at_the_first_use():
    wrong = lazily("(")
    with pytest.raises(regex.error):
        wrong.search("x")
