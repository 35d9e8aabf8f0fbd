"""Fuzzing of what an index folder and a command line may hold: rows, derived files, arguments."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

from hypothesis import strategies as st
from typer.testing import CliRunner

from rag.errors import PressciteError
from rag.index.verify import verify_index
from tests.conftest import HashEncoder
from tests.faults.answer_snapshots import UnknownChunkError, heal, made, observe, opened
from tests.faults.fuzz import Target, own_errors
from tests.faults.fuzz_texts import jsonl, texts
from tests.faults.operations import CATALOG, copy_of, derived_files

_cells = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([0, 1, -1, 99999]),
    st.floats(),
    st.text(max_size=30),
    st.binary(max_size=200),
    st.sampled_from(
        ["[]", "{}", "null", "[1]", '{"a": 1}', "2030-99-01", "../../etc/passwd", "1e999"]
    ),
)
_edits = st.lists(
    st.tuples(st.integers(0, 999), st.integers(0, 999), st.integers(0, 999), _cells),
    min_size=1,
    max_size=2,
)
_splices = st.tuples(
    st.integers(0, 999), st.floats(0, 1), st.integers(0, 400), st.binary(max_size=400)
)
_COMMANDS = (
    "add",
    "remove",
    "list",
    "show",
    "info",
    "verify",
    "search",
    "ask",
    "eval",
    "doctor",
    "chat",
    "",
)
_OPTIONS = (
    "--index", "--json", "--since", "--until", "--outlet", "-k", "--quick", "--batch", "--language",
    "--help", "--split", "--limit", "--min-accuracy", "--port", "--nonsense", "--", "-", "--model",
)  # fmt: skip
# What a shell cannot pass (a NUL byte) and what leads out of the empty folder stays out.
_plain = st.text(st.characters(exclude_characters="\0/~.", exclude_categories=["Cs"]), max_size=20)
_words = st.one_of(
    _plain,
    st.sampled_from(
        [
            "**",
            "[",
            "]*",
            "x" * 5000,
            "nan",
            "-1",
            "99999999999999999999",
            "2030-02-31",
            "",
            " ",
            "\n",
        ]
    ),
)
_arguments = st.tuples(
    st.sampled_from(_COMMANDS),
    st.lists(st.one_of(_words, st.sampled_from(_OPTIONS)), max_size=5),
    st.one_of(jsonl, texts.map(lambda text: text.encode("utf-8", "replace"))),
)


def index_targets(root: Path) -> list[Target]:
    """Return the readers of an index folder, and the command line over one."""
    pristine, folder = root / "pristine", root / "index"
    with opened(pristine, create=True) as index:
        index.add(made(range(5)))
        index.remove([made([1])[0].id])
    state = observe(copy_of(pristine, folder))
    empty = root / "empty"

    def rows(edits: list[tuple]) -> None:
        copy_of(pristine, folder)
        _edit(folder, edits)
        _used(folder)

    def derived(splice: tuple[int, float, int, bytes]) -> None:
        copy_of(pristine, folder)
        which, place, length, data = splice
        files = [path for path in derived_files(folder) if path.stat().st_size]
        path = files[which % len(files)]
        old = path.read_bytes()
        at = int(place * len(old))
        path.write_bytes(old[:at] + data + old[at + length :])
        difference = observe(folder).difference(state)
        assert difference is None, f"{path.name}: answers changed: {difference}"
        problem = heal(folder)
        assert problem is None, problem

    def command_line(given: tuple[str, list[str], bytes]) -> None:
        copy_of(pristine, folder)
        shutil.rmtree(empty, ignore_errors=True)
        empty.mkdir()
        _run(given, folder, empty)

    return [
        Target("catalog rows", _edits, rows),
        Target("derived files", _splices, derived),
        Target("command line", _arguments, command_line),
    ]


def _edit(folder: Path, edits: list[tuple]) -> None:
    """Put values into cells of the catalog, whatever its constraints say."""
    connection = sqlite3.connect(folder / CATALOG)
    connection.executescript("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF;")
    tables = [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
        )
        if connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
    ]
    for table, column, row, value in edits:
        name = tables[table % len(tables)]
        columns = [c[1] for c in connection.execute(f"PRAGMA table_info({name})")]
        changed = columns[column % len(columns)]
        count = connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
        found = connection.execute(f"SELECT * FROM {name} LIMIT 1 OFFSET {row % count}").fetchone()
        where = " AND ".join(f"{one} IS ?" for one in columns)
        try:
            with connection:
                connection.execute(
                    f"UPDATE {name} SET {changed} = ? WHERE {where}", (value, *found)
                )
        except (sqlite3.IntegrityError, UnicodeEncodeError):
            continue
    connection.close()


def _used(folder: Path) -> None:
    """Do all that a person does with an index; each step may be refused, in a line."""
    for step in (
        lambda: observe(folder),
        lambda: verify_index(folder, quick=False),
        lambda: heal_only(folder),
        lambda: add_one(folder),
        lambda: observe(folder),
    ):
        # A search that finds what is in no article: wrong rows may give wrong answers.
        with own_errors(), suppress(UnknownChunkError):
            step()


def heal_only(folder: Path) -> None:
    """Write nothing."""
    with opened(folder) as index:
        index.add([])


def add_one(folder: Path) -> None:
    """Add an article, then take it out again."""
    with opened(folder) as index:
        index.add(made([20]))
        index.remove([made([20])[0].id])


def _run(given: tuple[str, list[str], bytes], folder: Path, empty: Path) -> None:
    """Run a command in an empty folder, with a tiny encoder for every model and no reader."""
    from ui.cli.app import app

    command, arguments, stdin = given
    # These load models, or serve until they are stopped; only their usage errors are tried.
    if command in ("ask", "eval", "doctor", "chat"):
        arguments = [*arguments, "--nonsense"]
    tokens = [one for one in (command, *arguments) if one]
    if "--index" not in tokens and "--" not in tokens and command:
        tokens[1:1] = ["--index", str(folder)]
    before = Path.cwd()
    os.chdir(empty)
    try:
        with (
            patch("rag.index.encoders.load_encoder", lambda *_: HashEncoder()),
            patch("embeddings.load_encoder", lambda *_: HashEncoder()),
            patch.dict(os.environ, {"PRESSCITE_INDEX": str(folder)}),
        ):
            result = CliRunner().invoke(app, tokens, input=stdin)
    finally:
        os.chdir(before)
    error = result.exception
    if error is None or isinstance(error, SystemExit):
        assert result.exit_code in (0, 1, 2), f"exit status {result.exit_code}"
    elif not isinstance(error, PressciteError):
        raise error
