"""The language of a text, guessed from its letters, and the codes of languages that are named in words."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Characters that are looked at: more change no guess, and cost time in proportion. Where the first ones leave
# no doubt, they are enough.
_FIRST = 300
_NO_DOUBT = 0.99
_HEAD = 1000
# Below these probabilities a guess is as often wrong as right on texts of a line. English, which most
# archives are in, is what few words are most likely to be.
_SURE = 0.5
_SURE_OF_ENGLISH = 0.2
_NO_LANGUAGE = frozenset(["und", "zxx"])


def guess_language(text: str) -> str | None:
    """Return a text's language as an ISO 639 code ("en"), or None where its letters leave it open."""
    head = text[:_HEAD]
    if not any(character.isalpha() for character in head):
        return None
    language, probability = _identifier().classify(head[:_FIRST])
    if probability < _NO_DOUBT and len(head) > _FIRST:
        language, probability = _identifier().classify(head)
    if language in _NO_LANGUAGE:
        return None
    sure = _SURE_OF_ENGLISH if language == "en" else _SURE
    return str(language) if probability >= sure else None


def language_code(name: str) -> str:
    """Return a language's code for its name ("en" for "English"); what is no such name is given back."""
    return _names().get(" ".join(name.lower().split()), name)


@cache
def _identifier() -> LanguageIdentifier:
    # Its model takes a moment to unpack: nobody waits for that whose articles say their language.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@cache
def _names() -> dict[str, str]:
    rows = (files("rag.ingest") / "language_names.tsv").read_text(encoding="utf-8").splitlines()
    return {name: code for name, _, code in (row.partition("\t") for row in rows)}
