"""The command line: one system in this process, or all of them in processes of their own."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from eval.lab.baselines.compare import OFFLINE, compare, lacks
from eval.lab.baselines.protocol import SYSTEMS
from eval.lab.baselines.texts import SAMPLE, Texts
from rag.errors import DatasetError, PressciteError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 0, 1 where a system failed, 2 where something named cannot be used, 130 where stopped."""
    options = _parser().parse_args(arguments)
    texts = Texts(
        options.articles, options.questions, options.squad, options.paragraphs, options.limit
    )
    try:
        if options.json and not Path(options.json).parent.is_dir():
            raise DatasetError(f"{options.json}: its folder is not there; make it first")
        if options.name:
            return _one(options.name, texts, options.json)
        return _all(texts, options.json)
    except KeyboardInterrupt:
        return 130
    except PressciteError as error:
        print(f"baselines: {error}", file=sys.stderr)
        return 2


def _one(name: str, texts: Texts, out: str | None) -> int:
    entry = next(entry for entry in SYSTEMS if entry.name == name)
    if lacking := entry.missing():
        print(f"baselines: {lacks(name, lacking)}", file=sys.stderr)
        return 2
    os.environ |= OFFLINE  # before anything of the system's is imported
    from eval.lab.baselines.measure import measure

    # Whatever a library prints must not stand in the JSON.
    with redirect_stdout(sys.stderr):
        row = measure(name, entry.make(), texts.read())
    if out is None:
        from rich import print as show

        show(row)
    else:
        _write(row, out)
    return 0


def _all(texts: Texts, out: str | None) -> int:
    from rich.console import Console

    from eval.lab.baselines.table import print_report

    texts.read()  # a file that cannot be read is said once, before anything is started
    report = compare(texts, SYSTEMS, lambda line: print(line, file=sys.stderr, flush=True))
    if out is not None:
        _write(report, out)
    if out != "-":
        print_report(report, Console())
    return int(bool(report["failed"]))


def _write(found: dict[str, Any], out: str) -> None:
    text = json.dumps(found, indent=1)
    if out == "-":
        print(text)
        return
    try:
        Path(out).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise DatasetError(f"{out}: cannot be written ({error.strerror})") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval.lab.baselines", description=__doc__)
    parser.add_argument(
        "name", nargs="?", choices=[entry.name for entry in SYSTEMS], help="one; all without it"
    )
    parser.add_argument("--articles", default=SAMPLE, help="files or a folder, or: sample")
    parser.add_argument("--questions", type=Path, help="presscite JSONL; its development half")
    parser.add_argument("--squad", type=Path, help="a SQuAD .json(.gz) in the articles' place")
    parser.add_argument("--paragraphs", type=_some, help="of the SQuAD file, the first so many")
    parser.add_argument("--limit", type=_some, help="ask so many questions, evenly spread")
    parser.add_argument(
        "--json", nargs="?", const="-", metavar="FILE", help="JSON to a file, or to the output"
    )
    return parser


def _some(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
