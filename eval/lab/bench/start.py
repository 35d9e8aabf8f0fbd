"""Cold start of commands: wall time, peak memory, import time."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from eval.lab.bench.figures import Figure, Findings, compared

_QUESTION = "Who chaired the session?"
# Baseline: the time a script with the same packages takes to its first vector.
_SCRIPT = (
    "from eval.lab.export.float_weights import float32_folder\n"
    "from sentence_transformers import SentenceTransformer\n"
    "SentenceTransformer(str(float32_folder()), device='cpu').encode(['word'])\n"
)
# The child reports its own peak: a parent's view of its child includes the parent's size at the fork.
_TELLING = (
    "import atexit, runpy, sys\n"
    "from eval.lab.bench.memory import peak_rss_mb\n"
    "atexit.register(lambda: print('peak', peak_rss_mb(), file=sys.__stderr__))\n"
    "sys.argv = sys.argv[1:]\n"
    "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)\n"
)
_PRINT_PEAK = (
    "import sys; from eval.lab.bench.memory import peak_rss_mb\n"
    "print('peak', peak_rss_mb(), file=sys.stderr)\n"
)
_WANTED = {
    "--help": ("<= 0.25 s", ""),
    "search": ("<= 1.0 s", ""),
    "ask": ("<= 1.2 s", "<= 350 MB"),
}


def start(*, repeat: int, say: Callable[[str], None]) -> Findings:
    """Run ``--help``, ``search``, ``ask`` on the sample and the chat's imports, each in new processes."""
    found = Findings()
    presscite = [sys.executable, "-m", "ui"]
    commands: dict[str, list[str]] = {
        "--help": [*presscite, "--help"],
        "search": [*presscite, "search", _QUESTION],
        "ask": [*presscite, "ask", _QUESTION],
        "script": [sys.executable, "-c", _SCRIPT],
        "chat": [sys.executable, "-c", "import ui.web.chat"],
        "gradio": [sys.executable, "-c", "import gradio"],
    }
    with tempfile.TemporaryDirectory() as home:
        # Another home folder, so that the sample answers and no index of the user's.
        places = {name: str(Path(home) / name) for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME")}
        environment = {k: v for k, v in os.environ.items() if k != "PRESSCITE_INDEX"} | places
        environment["HF_HUB_OFFLINE"] = "1"
        for command in commands.values():
            _run(command, environment)
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for n in range(repeat):
            say(f"start: round {n + 1} of {repeat}")
            for name, command in commands.items():
                taken[name].append(_run(command, environment))
        memory = {name: _peak(commands[name], environment) for name in (*_WANTED, "script")}
        imports = _imports(
            [sys.executable, "-X", "importtime", "-m", "ui", "ask", _QUESTION], environment
        )
    for name, (seconds_wanted, memory_wanted) in _WANTED.items():
        ratio, spread = compared(taken[name], taken["script"])
        found.figures.append(
            Figure(
                "start", f"presscite {name}, cold", statistics.median(taken[name]), "s",
                seconds_wanted,
                "a script that imports sentence-transformers and embeds one word",
                statistics.median(taken["script"]), ratio, spread,
                f"fastest {min(taken[name]):.2f} s of {repeat}",
            )
        )  # fmt: skip
        found.figures.append(
            Figure(
                "start", f"presscite {name}, most memory", memory[name], "MB",
                memory_wanted, "the script", memory["script"], memory["script"] / memory[name],
            )
        )  # fmt: skip
    ratio, spread = compared(taken["chat"], taken["gradio"])
    found.figures.append(
        Figure(
            "start", "modules of the chat, import", statistics.median(taken["chat"]), "s", "",
            "a script that imports gradio alone",
            statistics.median(taken["gradio"]), ratio, spread,
        )
    )  # fmt: skip
    for name, milliseconds in imports:
        found.figures.append(Figure("start", f"ask, import of {name}", milliseconds, "ms"))
    return found


def _run(command: Sequence[str], environment: dict[str, str]) -> float:
    """Return the seconds a command took."""
    began = time.perf_counter()
    subprocess.run(  # noqa: S603
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, check=True
    )
    return time.perf_counter() - began


def _peak(command: Sequence[str], environment: dict[str, str]) -> float:
    """Return a command's peak memory, in MB (10^6 bytes)."""
    python, kind, *rest = command
    script = f"{rest[0]}\n{_PRINT_PEAK}"
    told = [python, "-c", _TELLING, *rest] if kind == "-m" else [python, "-c", script]
    done = subprocess.run(  # noqa: S603
        told, capture_output=True, text=True, env=environment, check=True
    )
    return float(done.stderr.rpartition("peak ")[2].split()[0])


def _imports(command: Sequence[str], environment: dict[str, str]) -> list[tuple[str, float]]:
    """Return the packages whose own modules take longest to import, in ms."""
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=True, env=environment
    )
    top: dict[str, float] = {}
    for line in done.stderr.splitlines():
        parts = line.removeprefix("import time:").split("|")
        if not line.startswith("import time:") or len(parts) != 3 or not parts[0].strip().isdigit():
            continue
        package = parts[2].strip().split(".")[0]
        # A module's own time, without what it imports, summed by package.
        top[package] = top.get(package, 0.0) + int(parts[0]) / 1000
    return sorted(top.items(), key=lambda pair: -pair[1])[:10]
