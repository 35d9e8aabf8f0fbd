"""How well `presscite check` tells quotations apart: ``python -m eval.lab.quotations ARTICLES.jsonl``.

Takes quotations with a named speaker from the articles, puts them into drafts, as they are and altered,
and counts how often each is called what it is. Articles are found by their words alone: the vectors are
constant, so that nothing is embedded.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import regex

from embeddings import EncoderIdentity, Vectors
from rag.checking import check_text
from rag.index import Index
from rag.ingest import read_sources
from rag.text.quotations import find_quotations
from rag.text.speaker_names import same_speaker
from rag.types import Article

_NUMBER = regex.compile(r"\d+(?:,\d+)*")
_MIN_WORDS = 6


class ConstantEncoder:
    """One vector for every text: search is by words alone."""

    identity = EncoderIdentity("constant", "0" * 64, 4)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (texts, 4)."""
        return np.full((len(texts), 4), 0.5, np.float32)


@dataclass(frozen=True, slots=True)
class Case:
    """A draft of one quotation, and the status it should get."""

    kind: str
    draft: str
    wanted: str


def cases(articles: Sequence[Article], absent: Sequence[Article], seed: int) -> Iterator[Case]:
    """Yield drafts made of the articles' quotations; those of ``absent`` articles are in no index."""
    chance = random.Random(seed)
    found = [
        (a.text[q.start : q.end], q.speaker) for a in articles for q in find_quotations(a.text)
    ]
    speakers = sorted({speaker for _, speaker in found if speaker and " " in speaker})
    for words, speaker in found:
        split = words.split()
        if speaker is None or len(split) < _MIN_WORDS or "“" in words or '"' in words:
            continue
        yield Case("as it is", f"“{words}” said {speaker}.", "verbatim")
        first = chance.randrange(len(split) // 2)
        part = " ".join(split[first : first + max(4, len(split) // 2)])
        yield Case("a part", f"“{part}” said {speaker}.", "verbatim")
        number = _NUMBER.search(words)
        if number:
            other = str(int(number.group().replace(",", "")) + chance.randint(1, 9))
            changed = words[: number.start()] + other + words[number.end() :]
            yield Case("another number", f"“{changed}” said {speaker}.", "altered")
        # Without its last word, a quotation is a verbatim part of itself; without a dash, the same words.
        inner = [n for n in range(1, len(split) - 1) if any(c.isalnum() for c in split[n])]
        place = chance.choice(inner)
        dropped = " ".join([*split[:place], *split[place + 1 :]])
        yield Case("a word less", f"“{dropped}” said {speaker}.", "altered")
        negated = " ".join([*split[:place], "never", *split[place:]])
        yield Case("a word more", f"“{negated}” said {speaker}.", "altered")
        others = [one for one in speakers if not same_speaker(one, speaker)]
        if others:
            yield Case(
                "another speaker", f"“{words}” said {chance.choice(others)}.", "other speaker"
            )
    for article in absent:
        for quotation in find_quotations(article.text):
            words = article.text[quotation.start : quotation.end]
            if len(words.split()) >= _MIN_WORDS and '"' not in words:
                yield Case("of no article", f"“{words}” said somebody.", "not found")


def main() -> None:
    """Print, for each kind of quotation, how many were given each status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("articles", type=Path)
    parser.add_argument("--index", type=int, default=1000, help="Articles in the index.")
    parser.add_argument("--per-kind", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    every = [one for one in read_sources([str(given.articles)]) if isinstance(one, Article)]
    random.Random(given.seed).shuffle(every)
    held, absent = every[: given.index], every[given.index : given.index + 300]
    with (
        tempfile.TemporaryDirectory() as folder,
        Index.open(Path(folder) / "i", create=True, encoder=ConstantEncoder()) as index,
    ):
        index.add(held)
        print(json.dumps(_measured(index, held, absent, given.per_kind, given.seed), indent=1))


def _measured(
    index: Index, held: Sequence[Article], absent: Sequence[Article], per_kind: int, seed: int
) -> dict[str, object]:
    made = list(cases(held, absent, seed))
    random.Random(seed).shuffle(made)
    taken: Counter[str] = Counter()
    statuses: dict[str, Counter[str]] = {}
    for case in made:
        if taken[case.kind] == per_kind:
            continue
        checked = list(check_text(index, case.draft))
        if len(checked) != 1:
            continue
        taken[case.kind] += 1
        statuses.setdefault(case.kind, Counter())[checked[0].status] += 1
    wanted = {case.kind: case.wanted for case in made}
    return {
        kind: {
            "n": counts.total(),
            "right": round(counts[wanted[kind]] / counts.total(), 3),
            **counts,
        }
        for kind, counts in sorted(statuses.items())
    }


if __name__ == "__main__":
    main()
