"""``python -m eval.lab.archives FOLDER OUT --articles N``: a small archive out of a large one.

A confidence must hold on ten articles and on thousands. A part of an archive keeps one answering report and
some misleading ones for as many questions as fit, and asks as many others that nothing in it answers.
"""

from __future__ import annotations

import json
import lzma
import random
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.lab.train.archive import BEFORE

_QUESTIONS, _ARTICLES = "dev-questions.jsonl", "dev-articles.jsonl.xz"
# Articles kept for each question that stays answerable, its answering report among them.
_EACH = 3
_MOST_ASKED = 200


def main(
    folder: Annotated[Path, typer.Argument(help="Folder of a news archive with questions.")],
    out: Annotated[Path, typer.Argument(help="Where articles.jsonl and questions.jsonl go.")],
    articles: Annotated[int, typer.Option(min=_EACH, help="How many articles to keep.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the choice.")] = 20240607,
) -> None:
    """Write a part of an archive and questions about it."""
    rng = random.Random(seed)
    asked = [json.loads(line) for line in (folder / _QUESTIONS).open(encoding="utf-8")]
    with lzma.open(folder / _ARTICLES, "rt", encoding="utf-8") as lines:
        held = {row["url"]: row for row in map(json.loads, lines)}
    near = [row for row in asked if row["near"]]
    rng.shuffle(near)
    kept: dict[str, Any] = {}
    answered: list[dict[str, Any]] = []
    for row in near:
        own = [url for url in row["articles"] if url in held and _timely(held[url], row)]
        if not own or len(kept) + _EACH > articles or len(answered) >= _MOST_ASKED // 2:
            continue
        others = [url for url in row["found"] if url in held and url not in own]
        some = [rng.choice(own), *rng.sample(others, min(_EACH - 1, len(others)))]
        kept |= {url: held[url] for url in some}
        answered.append(row)
    rest = [url for url in held if url not in kept]
    kept |= {url: held[url] for url in rng.sample(rest, max(0, articles - len(kept)))}
    others = [
        row | {"answers": [], "articles": []}
        for row in asked
        if row not in answered and not any(url in kept for url in row["articles"])
    ]
    others = rng.sample(others, min(len(answered), len(others)))
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in (("articles", kept.values()), ("questions", [*answered, *others])):
        lines_out = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (out / f"{name}.jsonl").write_text("".join(lines_out), encoding="utf-8")
    typer.echo(
        f"{len(kept)} articles, {len(answered)} questions answered by them, {len(others)} not"
    )


def _timely(article: dict[str, Any], question: dict[str, Any]) -> bool:
    published, asked = (date.fromisoformat(v) for v in (article["published"], question["as_of"]))
    return asked - BEFORE <= published <= asked


if __name__ == "__main__":
    typer.run(main)
