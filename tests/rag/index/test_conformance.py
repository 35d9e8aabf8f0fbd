"""The conformance suite on the folder index, exact and IVF, and on a brute-force index in memory."""

import pytest

from rag.index import Index, ann
from tests.rag.index.brute_force import BruteForceIndex
from tests.rag.index.conformance import IndexConformance, StoreConformance


class TestFolderIndex(StoreConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def create(cls, tmp_path_factory):
        made = []

        def create(encoder, budget):
            folder = tmp_path_factory.mktemp("index")
            index = Index.open(folder / "index", create=True, encoder=encoder, budget=budget)
            made.append(index)
            return index

        yield create
        for index in made:
            index.close()

    @pytest.fixture
    def reopened(self):
        return lambda index, encoder: Index.open(index.folder, encoder=encoder)


class TestFolderIndexWithIvf(TestFolderIndex):
    # A byte a dimension.
    score_tolerance = 0.02

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def ivf(cls):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ann, "EXACT_UP_TO", 1)
            # Ids under filters go to FAISS, and all lists are searched, as so few vectors have no neighbours.
            patch.setattr("rag.index.view.EXACT_UNDER_FILTER", 0)
            patch.setattr(ann, "_MIN_NPROBE", 64)
            yield


class TestBruteForceIndex(IndexConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def create(cls):
        return BruteForceIndex
