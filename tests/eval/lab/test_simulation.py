"""The simulated queues against the formulas that exist for them."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.lab.simulation import main, point, simulate


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


@pytest.mark.slow
def test_one_process_waits_as_pollaczek_and_khinchine_say() -> None:
    services = [0.1, 0.1, 0.1, 0.7]
    rate = 2.4
    load = rate * mean(services)
    waits = rate * mean([one**2 for one in services]) / (2 * (1 - load))
    found = mean(simulate(services, rate, 1, "shared", questions=400_000, seed=3))
    assert found == pytest.approx(waits + mean(services), rel=0.04)


@pytest.mark.slow
def test_several_processes_wait_as_erlang_says() -> None:
    rng = random.Random(5)
    services = [rng.expovariate(1.0) for _ in range(50_000)]
    k, offered = 4, 3.2 * mean(services)
    top = offered**k / math.factorial(k) / (1 - offered / k)
    waits = top / (sum(offered**n / math.factorial(n) for n in range(k)) + top)
    expected = waits * mean(services) / (k - offered) + mean(services)
    found = mean(simulate(services, 3.2, k, "shared", questions=400_000, seed=7))
    assert found == pytest.approx(expected, rel=0.05)


def test_a_split_line_waits_longer_and_too_much_load_grows() -> None:
    options = {"slowdown": 1.0, "questions": 20_000, "seed": 1}
    shared = point([0.5], 3.2, 2, "shared", **options)
    split = point([0.5], 3.2, 2, "split", **options)
    assert shared.p95_ms is not None
    assert split.p95_ms is not None
    assert shared.p95_ms < split.p95_ms
    assert point([0.5], 2.0, 1, "shared", **options).p95_ms is None
    assert point([0.5], 1.2, 1, "shared", **(options | {"slowdown": 2.0})).p95_ms is None


def test_the_command_prints_a_table_from_measured_times(tmp_path: Path) -> None:
    import typer

    app = typer.Typer()
    app.command()(main)
    times = tmp_path / "times.json"
    times.write_text(json.dumps([0.25]))
    arguments = [
        "--services",
        str(times),
        "--rates",
        "2",
        "--processes",
        "1",
        "--questions",
        "2000",
    ]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    (found,) = json.loads(done.stdout)
    assert (found["processes"], found["load"]) == (1, 0.5)
    assert found["p50_ms"] >= 250
    assert "| 2.00 | 1 | shared | 0.50 |" in CliRunner().invoke(app, arguments).stdout
    times.write_text("[]")
    assert CliRunner().invoke(app, arguments).exit_code == 2
