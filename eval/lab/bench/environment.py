"""Environment metadata of a measurement: commit, machine and packages."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

_PACKAGES = (
    *("presscite", "onnxruntime", "faiss-cpu", "tantivy", "torch", "transformers"),
    *("sentence-transformers", "haystack-ai", "sentence-transformers-haystack"),
    *("transformers-haystack", "txtai", "bm25s", "PyStemmer", "numpy"),
)
_ROOT = Path(__file__).resolve().parents[3]


def commit() -> str | None:
    """Return the commit's hash, with ``+changes`` where files differ; None outside of a repository."""
    head = _git("rev-parse", "HEAD")
    if not head:
        return None
    return f"{head}+changes" if _git("status", "--porcelain", "--untracked-files=no") else head


def machine() -> dict[str, str | int | float | None]:
    """Return the system, Python, processor, logical cores, memory (10^9 bytes) and load.

    The load is the mean number of processes that wanted a core in the last minute.
    """
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": _memory(),
        "load": _load(),
    }


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(_ROOT), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (AttributeError, OSError, ValueError):
        return None


def _load() -> float | None:
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return None


def versions() -> dict[str, str]:
    """Return the versions of the packages that are measured, of those that are installed."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
