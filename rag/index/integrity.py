"""Problems of an index, and derived files checked before their first use in a process."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rag.errors import DamagedFileError
from rag.index.checksums import file_checksum

__all__ = ["DamagedFileError", "Problem", "ProblemKind", "VerifiedFiles"]

ProblemKind = Literal["catalog", "article", "chunk", "vectors", "lexical"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an index."""

    kind: ProblemKind
    derived: bool
    """Whether only a derived file is concerned, which the next write rebuilds from the catalog."""
    text: str

    def __str__(self) -> str:
        """Return the line that is shown."""
        return self.text


class VerifiedFiles:
    """Which derived files were found intact; a file is written once, so it is read through once."""

    def __init__(self) -> None:
        self._intact: set[tuple[str, str]] = set()
        self._guard = threading.Lock()

    def check(self, folder: Path, files: Mapping[str, str]) -> None:
        """Verify checksums, given by path in the folder.

        Raises
        ------
        DamagedFileError
            Names the first file that is missing or has another checksum.
        """
        for name, digest in files.items():
            if (name, digest) not in self._intact:
                problem = file_problem(folder, name, digest)
                if problem:
                    raise DamagedFileError(problem)
                self.add({name: digest})

    def add(self, files: Mapping[str, str]) -> None:
        """Record files as intact that were just written."""
        with self._guard:
            self._intact.update(files.items())


def file_problem(folder: Path, name: str, digest: str) -> str | None:
    """Return what is wrong with one file, or None."""
    try:
        if file_checksum(folder / name) != digest:
            return f"{name}: its checksum is not the one in the catalog"
    except OSError as error:
        return f"{name}: {(error.strerror or str(error)).lower()}"
    return None
