"""A region's Kubernetes cluster: created by its stack, or there already."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from meshfed.settings.model import HttpsUrl, Settings, kind_unless_given
from meshfed.settings.versions import KUBERNETES, KUBERNETES_KNOWN


def _is_known(version: str) -> str:
    if version not in KUBERNETES_KNOWN:
        raise ValueError(f"must be one of {', '.join(KUBERNETES_KNOWN)}")
    return version


KubernetesVersion = Annotated[
    str, AfterValidator(_is_known), WithJsonSchema({"type": "string", "enum": list(KUBERNETES_KNOWN)})
]
"""A minor version of Kubernetes that this release knows."""
DEFAULT_MINIMUM, DEFAULT_MAXIMUM = 3, 9
"""Worker nodes of a cluster whose settings say nothing."""


class NodePool(Settings):
    """The worker nodes, spread over three zones."""

    size: str = Field(min_length=1)
    """The cloud's name of a machine size: `m7i.xlarge`, `Standard_D4ds_v6`, `n4-standard-4`."""
    minimum: int = Field(default=DEFAULT_MINIMUM, ge=3, le=1000)
    """Nodes at least; three, one a zone."""
    maximum: int = Field(default=DEFAULT_MAXIMUM, ge=3, le=1000)
    """Nodes at most. AKS and GKE move the number between the two; EKS has `minimum` until an autoscaler runs in it."""
    disk_gib: int = Field(default=100, ge=30, le=2048)
    """System disk in GiB."""


class NewCluster(Settings):
    """A cluster that this region's stack creates."""

    kind: Literal["new"] = "new"
    version: KubernetesVersion = KUBERNETES
    """Kubernetes minor version."""
    nodes: NodePool | None = None
    """Worker nodes; left out: a size of four processors, three nodes at least and nine at most."""
    administrators: tuple[str, ...] = ()
    """Who administers the cluster: IAM role ARNs (AWS), Entra group object ids (Azure), Google groups (GCP)."""


class ExistingCluster(Settings):
    """A cluster that stands already and is left as it is."""

    kind: Literal["existing"]
    name: str = Field(min_length=1)
    """The cluster's name; on Azure its ARM id, on GCP projects/P/locations/L/clusters/C."""
    issuer: HttpsUrl
    """Its OIDC issuer, as the cloud shows it."""


Cluster = Annotated[NewCluster | ExistingCluster, Field(discriminator="kind"), kind_unless_given("new")]
"""A region's cluster: created by its stack, or there already."""
