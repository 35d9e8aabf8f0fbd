"""The conformance suite on an index in Milvus: milvus-lite by its gRPC server; a cluster if one is named."""

import os
import uuid

import pytest

pytest.importorskip("pymilvus", reason="the extra `milvus` is not installed")
pytest.importorskip("milvus_lite", reason="the extra `milvus` is not installed")

from rag.index.milvus import MilvusIndex
from tests.rag.index.conformance import StoreConformance
from tests.rag.index.milvus_parts import check_whole

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


@pytest.mark.skipif(CLUSTER not in os.environ, reason=f"{CLUSTER} names no server")
class TestMilvusCluster(MilvusConformance):
    """In collections of their own names, which are dropped."""

    @pytest.fixture(scope="class")
    @classmethod
    def names(cls):
        return lambda: f"{os.environ[CLUSTER].rstrip('/')}/presscite_test_{uuid.uuid4().hex[:12]}"
