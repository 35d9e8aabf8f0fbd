"""The failing disk from outside: compiling the shim, and asking the warm process for tries."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.faults.model import MissingToolError

ROOT = Path(__file__).parents[2]
NEVER, FAIL_ONCE, FAIL_EVER, KILL, KILL_TORN = range(5)


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the Nth call that touches the index folder (the first is 1)."""

    nth: int = 0
    mode: int = NEVER
    errno: int = 0
    reads: bool = False
    """Whether calls that only read count, and fail, too."""
    kill_after: float | None = None
    """Seconds after which the process is killed, wherever it is."""
    file_limit: int | None = None
    """Bytes that no file may grow beyond, where writing more fails with EFBIG."""
    trace: bool = False
    """Whether to report every call, not only the Nth."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the operation ended, as its own process saw it."""

    outcome: str
    """``done``, ``refused`` (an error of presscite's), ``raw`` (any other), ``killed``."""
    error: str
    calls: list[str]
    killed: int
    hung: bool
    seconds: float = 0.0


def compile_shim(folder: Path) -> Path:
    """Return the compiled shim.

    Raises
    ------
    MissingToolError
        Where there is no C compiler, or this is no Linux.
    """
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or not sys.platform.startswith("linux"):
        raise MissingToolError("needs Linux and a C compiler (cc)")
    made = folder / "shim.so"
    source = Path(__file__).with_name("shim.c")
    command = [
        compiler,
        "-shared",
        "-fPIC",
        "-O1",
        "-fvisibility=hidden",
        "-o",
        made,
        source,
        "-ldl",
    ]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingToolError(f"the shim does not compile: {done.stderr.splitlines()[:1]}")
    return made


class Disk:
    """The warm process; a context, since it must end with its user."""

    def __init__(self, folder: Path) -> None:
        shim = compile_shim(folder)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.fork_server"],
            cwd=ROOT,
            env=os.environ | {"LD_PRELOAD": str(shim), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # FAISS reports what fails at closing there too.
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if self._line().strip() != "ready":
            raise RuntimeError("the process for the tries did not start")

    def run(self, operation: str | dict[str, list], folder: Path, fault: Fault) -> Outcome:
        """Run an operation on a folder in a process of its own, under a fault.

        The operation is the name of one of `OPERATIONS`, or a change as `change` takes it.
        """
        asked = {"operation": operation, "folder": str(folder)} | asdict(fault)
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asked | {"reads": int(fault.reads)}) + "\n")
        self._process.stdin.flush()
        return Outcome(**json.loads(self._line()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()
