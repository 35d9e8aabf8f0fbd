"""The soak: a short one against a real server, and what it says of long ones."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from eval.lab.bench.soak import MAX_GROWTH, Soak, _thirds
from tests.conftest import ROOT

LONG = Soak(16, 600.0, 9000, {}, 15.0, 900.0, 1400.0, (700.0, 710.0, 712.0), 0.003, True)


def test_a_run_is_sound_where_nothing_failed_and_memory_stayed():
    assert LONG.sound
    assert not replace(LONG, errors={"ask: TimeoutError": 1}).sound
    assert not replace(LONG, growth=MAX_GROWTH + 0.01).sound
    assert replace(LONG, growth=0.5, judged=False).sound


def test_memory_is_told_by_thirds():
    assert _thirds([1.0, 1.0, 2.0, 2.0, 3.0, 3.0]) == (1.0, 2.0, 3.0)
    assert _thirds([5.0]) == (5.0, 0.0, 0.0)


@pytest.mark.slow
def test_the_command_soaks_a_real_server(tmp_path):
    command = [sys.executable, "-m", "eval.lab.bench.soak", "--json"]
    ended = subprocess.run(
        [*command, "--askers", "4", "--minutes", "0.1"],
        cwd=ROOT,
        env=os.environ | {"XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = json.loads(ended.stdout)
    assert found["errors"] == {}
    assert found["requests"] > 4
    assert found["p95_ms"] >= found["p50_ms"] > 0
    assert found["rss_mb"][0] > 50
