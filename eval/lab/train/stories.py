"""Short news texts reassembled from the sentences that two question sets annotate."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

from eval.lab.train.treebank import detokenised

_FEWEST = 3


def stories(folder: Path) -> dict[str, str]:
    """Return for each Wikinews document of a reader-data folder its sentences, in their order.

    Documents of fewer than three sentences are left out. The sets hold a sample of a document's
    sentences, so a story has gaps.

    Raises
    ------
    OSError, KeyError, ValueError, IndexError
        Where a file is missing or is not what it should be.
    """
    found: dict[str, dict[tuple[int, ...], str]] = {}

    def keep(name: str, tokens: list[str]) -> None:
        parts = name.split(":")
        if parts[1] == "wikinews":
            place = tuple(int(part) for part in parts[3:])
            found.setdefault(":".join(parts[:3]), {})[place] = detokenised(tokens)[0]

    with gzip.open(folder / "qamr-sentences.tsv.gz", "rt", encoding="utf-8") as file:
        for line in file:
            name, text = line.rstrip("\n").split("\t")
            keep(name, text.split(" "))
    for part in ("train", "dev", "test"):
        path = folder / f"qadiscourse-wikinews-{part}.tsv.gz"
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                keep(row["qasrl_id"], row["sentence"].split())
    return {
        document: " ".join(text for _, text in sorted(sentences.items()))
        for document, sentences in sorted(found.items())
        if len(sentences) >= _FEWEST
    }
