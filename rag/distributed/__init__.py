"""Adding with a cluster: Ray's workers read, clean, chunk and embed; one process writes the index.

Plain tasks of Ray actors, not Ray Data: docs/decisions.md says why.
"""

from rag.distributed.articles import ClusterArticles, cluster_items, content_keys
from rag.distributed.plan import Plan

__all__ = ["ClusterArticles", "Plan", "cluster_items", "content_keys"]
