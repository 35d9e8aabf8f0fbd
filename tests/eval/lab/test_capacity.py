"""The arithmetic of large archives, by hand."""

from __future__ import annotations

import typer
from typer.testing import CliRunner

from eval.lab.capacity import Archive, hnsw_bytes, main, nodes, processes


def test_bytes_nodes_and_processes() -> None:
    assert hnsw_bytes(384, 16, 4) == 1664
    archive = Archive(1e6, 1000, 500, 100, 2)
    assert (archive.memory, archive.disk) == (2e9, 3.2e9)
    assert nodes(2e9, 1e9, 0.5) == 4
    assert processes(10, 0.3, 0.6) == 5


def test_the_table_of_a_small_archive() -> None:
    app = typer.Typer()
    app.command()(main)
    told = (
        CliRunner()
        .invoke(
            app,
            [
                "--chunks",
                "1e9",
                "--dimension",
                "100",
                "--links",
                "25",
                "--text-bytes",
                "300",
                "--words-bytes",
                "100",
                "--replicas",
                "1",
                "--node-gb",
                "100",
                "--usable",
                "0.5",
                "--service-ms",
                "500",
                "--load",
                "0.5",
                "--rate",
                "4",
                "--cores",
                "1",
                "--server-gb",
                "1",
                "--core-hour",
                "1",
                "--gb-hour",
                "0",
                "--disk-gb-month",
                "1",
                "--node-cores",
                "2",
            ],
        )
        .stdout
    )
    assert "| bytes a vector in memory | 600 | 300 |" in told
    assert "| engine nodes | 12 | 6 |" in told
    assert "| server processes | 4 | 4 |" in told
    # (12 x 2 + 4) x 730 + 1,000; (6 x 2 + 4) x 730 + 700
    assert "| cost a month | 21,440 | 12,380 |" in told
