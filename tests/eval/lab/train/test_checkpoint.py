"""A checkpoint belongs to its training data: whatever changes in it begins a new run."""

from dataclasses import fields, replace
from datetime import date

import pytest

from eval.lab.train.checkpoint import dataset_fingerprint
from eval.lab.train.examples import Example
from tests.eval.lab.train.test_synthetic import STORY

pytestmark = pytest.mark.slow

EXAMPLE = Example("source", "group", "Who came?", "Nobody came.", ((0, 6, 1),))
CHANGED = {
    "source": "other",
    "group": "other",
    "question": "Who went?",
    "context": "Nobody went.",
    "spans": ((0, 6, 2),),
    "regions": ((0, 12),),
    "sentences": ((0, 12),),
    "title": "A visit",
    "published": date(2024, 5, 1),
    "as_of": date(2024, 5, 2),
}


@pytest.mark.parametrize("name", [field.name for field in fields(Example)])
def test_every_field_of_an_example_counts(name: str) -> None:
    before = dataset_fingerprint([EXAMPLE], [STORY])
    assert dataset_fingerprint([replace(EXAMPLE, **{name: CHANGED[name]})], [STORY]) != before
    assert dataset_fingerprint([replace(EXAMPLE)], [STORY]) == before


@pytest.mark.parametrize("change", [{"title": "Other"}, {"published": date(1999, 1, 1)}])
def test_titles_and_dates_of_stories_count(change: dict[str, object]) -> None:
    first, *rest = STORY.articles
    other = replace(STORY, articles=(replace(first, **change), *rest))  # type: ignore[arg-type]
    assert dataset_fingerprint([], [other]) != dataset_fingerprint([], [STORY])
