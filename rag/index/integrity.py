"""Derived files: checked before their first use in a process, and remembered as sound."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from rag.errors import DamagedFileError
from rag.index.checksums import file_sum

__all__ = ["DamagedFileError", "Seen", "damage"]


class Seen:
    """Which files were found sound; they are written once, so each is read through but once."""

    def __init__(self) -> None:
        self._sound: set[tuple[str, str]] = set()
        self._guard = threading.Lock()

    def check(self, folder: Path, files: Mapping[str, str]) -> None:
        """Look at files, by their paths in the folder and their checksums.

        Raises
        ------
        DamagedFileError
            Names the first that is missing or has another checksum.
        """
        for name, digest in files.items():
            if (name, digest) not in self._sound:
                problem = damage(folder, name, digest)
                if problem:
                    raise DamagedFileError(problem)
                self.note({name: digest})

    def note(self, files: Mapping[str, str]) -> None:
        """Take note of files just written."""
        with self._guard:
            self._sound.update(files.items())


def damage(folder: Path, name: str, digest: str) -> str | None:
    """Return what is wrong with one file, or None."""
    try:
        if file_sum(folder / name) != digest:
            return f"{name}: its checksum is not the one in the catalog"
    except OSError as error:
        return f"{name}: {(error.strerror or str(error)).lower()}"
    return None
