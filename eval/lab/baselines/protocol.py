"""What is asked of a system, what it gives back, and which systems there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from rag.types import Article

DEPTH = 10
"""Passages a search is asked for."""
EXTRA = "pip install 'presscite[compare]'"


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage, in the words the system keeps of it."""

    article_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """The best answer, also where it was kept back; None where there is none at all."""

    answer: str | None
    quote: str | None
    """The sentence or sentences around the answer."""
    abstained: bool = False


class System(Protocol):
    """One way to answer questions from articles."""

    abstains: bool
    """Whether it can say that the articles don't."""
    notes: tuple[str, ...]
    """How texts are cut and answers made, a line each."""

    def start(self) -> None:
        """Import, load the models and run each once."""
        ...

    def add(self, articles: Sequence[Article]) -> int:
        """Cut, embed and index; return the number of passages."""
        ...

    def search(self, question: str) -> list[Hit]:
        """Return up to `DEPTH` passages, best first."""
        ...

    def answer(self, question: str) -> Prediction:
        """Search and answer."""
        ...


@dataclass(frozen=True, slots=True)
class SystemSpec:
    """A system by name, and what must be installed for it."""

    name: str
    maker: str
    """``module:callable`` without arguments."""
    needs: tuple[str, ...] = ()
    """Modules of the extra ``compare`` that it imports."""

    def missing(self) -> list[str]:
        """Return the modules it needs that are not installed."""
        return [name for name in self.needs if not _installed(name)]

    def make(self) -> System:
        """Import its module, and nothing of what it needs yet, and make it."""
        module, name = self.maker.split(":")
        made: System = getattr(import_module(module), name)()
        return made


_HERE = "eval.lab.baselines"
SYSTEMS = (
    SystemSpec("presscite", f"{_HERE}.presscite:Presscite"),
    SystemSpec(
        "haystack",
        f"{_HERE}.haystack:Haystack",
        (
            "haystack",
            "haystack_integrations.components.embedders.sentence_transformers",
            "haystack_integrations.components.readers.transformers",
        ),
    ),
    SystemSpec("txtai", f"{_HERE}.txtai:Txtai", ("txtai",)),
    SystemSpec("script", f"{_HERE}.script:Script", ("bm25s", "Stemmer")),
    SystemSpec("script-reader", f"{_HERE}.script:ScriptWithReader", ("bm25s", "Stemmer")),
)
"""In the order in which they are run; the first is what the others are compared with."""


def _installed(module: str) -> bool:
    """Whether a module can be found; parents of a dotted name are imported for that."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
