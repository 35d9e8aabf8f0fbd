"""The conformance suite on the folder index, exact and IVF, and on a brute-force index in memory."""

import pytest

from rag.index import Index, ann
from tests.rag.index.brute_force import BruteForceIndex
from tests.rag.index.conformance import IndexConformance


class TestFolderIndex(IndexConformance):
    @pytest.fixture
    def create(self, tmp_path):
        made = []

        def create(encoder, budget):
            index = Index.open(tmp_path / "index", create=True, encoder=encoder, budget=budget)
            made.append(index)
            return index

        yield create
        for index in made:
            index.close()


class TestFolderIndexWithIvf(TestFolderIndex):
    # A byte a dimension.
    score_tolerance = 0.02

    @pytest.fixture(autouse=True)
    def ivf(self, monkeypatch):
        monkeypatch.setattr(ann, "EXACT_UP_TO", 1)
        # Ids under filters go to FAISS, and all lists are searched, as so few vectors have no neighbours.
        monkeypatch.setattr("rag.index.view.EXACT_UNDER_FILTER", 0)
        monkeypatch.setattr(ann, "_MIN_NPROBE", 64)


class TestBruteForceIndex(IndexConformance):
    @pytest.fixture
    def create(self):
        return BruteForceIndex
