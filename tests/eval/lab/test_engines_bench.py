"""The benchmark of a folder index beside milvus-lite measures the same articles in both."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

pytest.importorskip("pymilvus", reason="the extra `milvus` is not installed")
pytest.importorskip("milvus_lite", reason="the extra `milvus` is not installed")

from eval.lab.bench.engines import main

pytestmark = pytest.mark.slow


def test_both_hold_the_same_and_find_what_is_nearest(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(main)
    arguments = ["--folder", str(tmp_path), "--size", "100", "--questions", "5", "--json"]
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 0, ended.output
    plain, lite = json.loads(ended.stdout.splitlines()[-1])
    assert (plain["engine"], lite["engine"]) == ("folder", "milvus-lite")
    assert plain["chunks"] == lite["chunks"] > 90
    assert plain["recall"] == 1.0
    assert lite["recall"] > 0.95
    for one in (plain, lite):
        assert 0 < one["p50_ms"] <= one["p95_ms"]
        assert one["disk_mb"] > 0
