"""The phases of a training run, with an archive's questions and without."""

from typer import Typer
from typer.testing import CliRunner

from eval.lab.train.__main__ import PHASES, main, phases


def test_without_an_archive_the_phase_of_its_questions_is_left_out():
    assert [number for number, _ in phases(archive=True)] == [1, 2, 3, 4, 5]
    without = phases(archive=False)
    assert [(number, plan.mix) for number, plan in without] == [
        (1, "base"),
        (2, "news"),
        (4, "again"),
        (5, "more"),
    ]
    assert all(PHASES[number - 1] is plan for number, plan in without)


def test_the_phase_of_an_archive_needs_one(tmp_path):
    app = Typer()
    app.command()(main)
    done = CliRunner().invoke(
        app, [str(tmp_path), str(tmp_path), "--out", str(tmp_path / "run"), "--phase", "3"]
    )
    assert done.exit_code == 2
    assert "give --archive" in done.output
    assert not (tmp_path / "run").exists()
