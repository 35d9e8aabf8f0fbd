"""The conformance suite on an index in Milvus: milvus-lite by its gRPC server; a cluster if one is named."""

import os
import uuid

import pytest

pytest.importorskip("pymilvus", reason="the extra `milvus` is not installed")
pytest.importorskip("milvus_lite", reason="the extra `milvus` is not installed")

from rag.index.milvus import MilvusIndex
from rag.index.model import new_built_with
from tests.conftest import HashEncoder
from tests.rag.index.conformance import StoreConformance
from tests.rag.index.milvus_parts import BUDGET, check_whole
from tests.rag.stories import story

pytestmark = pytest.mark.slow
CLUSTER = "PRESSCITE_TEST_MILVUS"
"""Names the variable with the address of a server, as in milvus://HOST:19530; a token as for the command."""


class MilvusConformance(StoreConformance):
    """The suite; afterwards every index is looked through row by row."""

    @pytest.fixture(scope="class")
    @classmethod
    def names(cls):
        """Return a function that gives the name of an index that is not there."""
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def create(cls, names):
        made = []

        def create(encoder, budget):
            made.append(MilvusIndex.open(names(), create=True, encoder=encoder, budget=budget))
            return made[-1]

        yield create
        try:
            for index in made:
                check_whole(index)
        finally:
            for index in made:
                index.delete()
                index.close()

    @pytest.fixture
    def reopened(self):
        return lambda index, encoder: MilvusIndex.open(index.place, encoder=encoder)


class TestMilvusLite(MilvusConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def names(cls, tmp_path_factory):
        return lambda: f"milvus-lite:{tmp_path_factory.mktemp('milvus') / 'index.db'}"


def test_another_index_of_the_same_name_is_told_from_the_first(tmp_path):
    name = f"milvus-lite:{tmp_path / 'index.db'}"
    with MilvusIndex.open(name, create=True, encoder=HashEncoder(), budget=BUDGET) as index:
        index.add([story(1, outlet="Halden Herald")])
        before = index.catalog_identity, index.revision
        assert (index.catalog_identity, index.revision) == before
        assert [one.outlet for one in index.list_articles()] == ["Halden Herald"]
        index.delete()
        index.create(new_built_with(index.encoder, BUDGET))
        index.add([story(2, outlet="Orvane Post")])
        assert index.revision == before[1]
        assert index.catalog_identity != before[0]
        assert [one.outlet for one in index.list_articles()] == ["Orvane Post"]
        assert {outlet for outlet, _, _ in index.months_of_outlets()} == {"Orvane Post"}


@pytest.mark.skipif(CLUSTER not in os.environ, reason=f"{CLUSTER} names no server")
class TestMilvusCluster(MilvusConformance):
    """In collections of their own names, which are dropped."""

    @pytest.fixture(scope="class")
    @classmethod
    def names(cls):
        return lambda: f"{os.environ[CLUSTER].rstrip('/')}/presscite_test_{uuid.uuid4().hex[:12]}"
