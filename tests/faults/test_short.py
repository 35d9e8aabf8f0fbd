"""The campaign's short run: every point on a sample of its faults, every reader fuzzed for a moment."""

import pytest

from tests.faults.__main__ import POINTS, run, run_fuzz, table

pytestmark = pytest.mark.slow

SECONDS = 0.6


def judged(rows):
    if rows and all(row.skipped for row in rows):
        pytest.skip(rows[0].skipped)
    wrong = [text for row in rows for text in row.wrong]
    assert wrong == [], table(rows)
    assert sum(row.tries for row in rows) > 0


@pytest.mark.parametrize("name", POINTS)
def test_point(name):
    judged(run([name], seed=1, long=False))


def test_fuzz():
    judged(run_fuzz(seed=1, seconds=SECONDS))
