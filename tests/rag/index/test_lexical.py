"""The words' folders: one a revision, with no file in it that no segment needs."""

import json

import pytest

from rag.index import Index
from rag.index.chunking import ChunkBudget
from rag.index.verify import verify_index
from rag.types import Filters
from tests.conftest import HashEncoder
from tests.rag.stories import story


@pytest.mark.slow
def test_many_commits_leave_one_folder_of_living_segments(tmp_path):
    folder = tmp_path / "index"
    with Index.open(folder, create=True, encoder=HashEncoder(), budget=ChunkBudget(40, 1)) as index:
        for n in range(40):
            index.add([story(n)])
            if n % 5 == 4:
                index.remove([story(n).id])
        (place,) = (folder / "lexical").iterdir()
        segments = json.loads((place / "meta.json").read_text())["segments"]
        living = {one["segment_id"].replace("-", "") for one in segments}
        held = {p.name.split(".")[0] for p in place.iterdir() if p.suffix != ".json"} - {""}
        assert held == living
        # Merged as they come: far fewer than the commits.
        assert len(living) < 20
        with index.view() as view:
            found = view.search_lexical("lanterns", 100, Filters())
            names = {one.article.id for _, one, _ in view.chunks([n for n, _ in found]).values()}
    assert names == {story(n).id for n in range(32, 40) if n % 5 != 4}
    assert verify_index(folder, quick=False) == []
