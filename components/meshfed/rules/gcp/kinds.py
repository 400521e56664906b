"""Kinds of Google Cloud's resources that several rules read."""

from typing import Final

CLUSTER: Final = "gcp:container/cluster:Cluster"
NODE_POOL: Final = "gcp:container/nodePool:NodePool"
