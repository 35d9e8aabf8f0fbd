"""An index in Milvus: the same articles, chunks and answers as in a folder, in an engine built for more."""

from rag.index.milvus.address import MilvusAddress, milvus_address
from rag.index.milvus.index import MilvusIndex

__all__ = ["MilvusAddress", "MilvusIndex", "milvus_address"]
