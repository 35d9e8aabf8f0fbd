"""The packaged network's figures on held-out questions."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.lab.train import held_out
from eval.lab.train.measure import figures
from rag.reader.loading import GRAPH, VOCABULARY, WEIGHTS
from rag.reader.onnx_scorer import OnnxScorer
from tests.eval.lab.train.test_data import MILL

pytestmark = pytest.mark.slow


def test_only_held_out_questions_count() -> None:
    scorer = OnnxScorer.load(WEIGHTS / GRAPH, WEIGHTS / VOCABULARY)
    groups = [replace(MILL, group=f"group {n}") for n in range(100)]
    held = next(example for example in groups if example.held_out)
    taught = next(example for example in groups if not example.held_out)
    lost = replace(taught, context="Rye bread was sold for forty years.", spans=())
    found = figures(scorer, [held, lost])
    assert found.wiki_f1 == 1.0
    assert found.wiki_em == 1.0
    assert found.wiki_reader_f1 == 1.0
    assert found.removed_auroc == 1.0


def test_missing_data_are_one_line(tmp_path: Path) -> None:
    import typer

    app = typer.Typer()
    app.command()(held_out.main)
    ended = CliRunner().invoke(app, [str(tmp_path)])
    assert ended.exit_code == 2
    assert "cannot read the reader data" in ended.stderr
