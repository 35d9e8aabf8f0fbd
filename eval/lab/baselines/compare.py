"""All systems, one process each, one after another; and what they are relative to presscite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from eval.lab.baselines.measure import Row
from eval.lab.baselines.protocol import EXTRA, SYSTEMS, SystemSpec
from eval.lab.baselines.texts import SAMPLE, Texts
from eval.lab.bench.environment import commit, machine, versions

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "false",
    "TOKENIZERS_PARALLELISM": "false",
}
"""Set for every system: nothing is downloaded or reported while it runs."""
COSTS = (
    "start_seconds",
    "index_seconds",
    "search_ms.p50",
    "search_ms.p95",
    "answer_ms.p50",
    "answer_ms.p95",
    "peak_rss_mb",
)
QUALITIES = ("quote_hit", "f1", "recall_at_5", "abstain_recall", "answered")


def compare(
    texts: Texts, entries: Sequence[SystemSpec], say: Callable[[str], None]
) -> dict[str, Any]:
    """Run the systems that are installed and return the report; ``say`` is told which one runs.

    The report holds ``commit``, ``machine``, ``versions``, ``texts`` (the options), ``rows`` in the
    order of ``entries``, ``missing`` and ``failed`` (by name, with the reason), and ``remarks`` that
    a reader of the figures must know.
    """
    # Before the systems run: they make a load of their own, and files may change meanwhile.
    measured_at, measured_on = commit(), machine()
    rows: list[Row] = []
    missing: dict[str, list[str]] = {}
    failed: dict[str, str] = {}
    for entry in entries:
        if lacking := entry.missing():
            missing[entry.name] = lacking
            continue
        say(f"{entry.name} ...")
        try:
            rows.append(run_alone(entry.name, texts))
        except SystemFailedError as error:
            failed[entry.name] = str(error)
    return {
        "commit": measured_at,
        "machine": measured_on,
        "versions": versions(),
        "texts": texts.arguments(),
        "rows": with_ratios(rows),
        "missing": missing,
        "failed": failed,
        "remarks": remarks(rows, measured_on),
    }


class SystemFailedError(Exception):
    """A system's process ended without a result; the text is the last line it wrote."""


def run_alone(name: str, texts: Texts) -> Row:
    """Measure one system in a process of its own.

    Raises
    ------
    SystemFailedError
    """
    command = [sys.executable, "-m", "eval.lab.baselines", name, *texts.arguments(), "--json"]
    done = subprocess.run(  # noqa: S603  (our own module with our own options)
        command, env=os.environ | OFFLINE, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise SystemFailedError(lines[-1] if lines else f"exit status {done.returncode}")
    try:
        row: Row = json.loads(done.stdout)
    except ValueError as error:
        raise SystemFailedError(f"its output is not JSON: {done.stdout[:200]!r}") from error
    return row


def remarks(rows: Sequence[Row], machine: Mapping[str, Any]) -> list[str]:
    """Say, a line each, what makes the figures worth less than they look."""
    made = []
    load, cores = machine.get("load"), machine.get("cores")
    if load and cores and load >= cores / 4:
        made.append(
            f"The machine was busy (load {load} on {cores} cores), which slows torch most: "
            "measure times again on a quiet one."
        )
    if any(row["corpus"] == SAMPLE for row in rows):
        made.append(
            "Presscite's constants, and how Haystack cuts, were chosen on these questions: "
            "for quality, trust texts that nothing was tuned on."
        )
    return made


def lacks(name: str, modules: Iterable[str]) -> str:
    """Say in one line what a system misses and how to install it."""
    return f"{name} is not installed ({', '.join(modules)} missing); run: {EXTRA}"


def value(row: Mapping[str, Any], key: str) -> float | None:
    """Return a figure by its dotted name; None where the row has none."""
    found: Any = row
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found if isinstance(found, int | float) else None


def ratios(row: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, float | None]:
    """Return each figure over presscite's: 2 is twice the time, memory or quality; None if undefined."""
    made: dict[str, float | None] = {}
    for key in (*COSTS, *QUALITIES):
        own, base = value(row, key), value(ours, key)
        made[key] = None if own is None or not base else round(own / base, 3)
    return made


def with_ratios(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with ``ratios`` to presscite's, which is None where presscite was not run."""
    ours = next((row for row in rows if row["name"] == SYSTEMS[0].name), None)
    return [row | {"ratios": ratios(row, ours) if ours else None} for row in rows]
