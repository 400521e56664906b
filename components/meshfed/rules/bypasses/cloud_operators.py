"""Objects in a cluster by which an operator makes the resources of a cloud: their kinds are none of that cloud's."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.allowed import by_digest, is_object_allowed
from meshfed.rules.kinds import kind_of
from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.settings.gate import GateParameters

_OPERATORS: Final = re.compile(
    r"^(?:"
    r"(?:[a-z0-9-]+\.)?services\.k8s\.aws"  # AWS Controllers for Kubernetes
    r"|(?!karpenter\.|(?:[a-z0-9-]+\.)*kubernetes\.)[a-z0-9.-]+\.azure\.com"  # Azure Service Operator
    r"|(?!(?:customize\.)?core\.)[a-z0-9.-]+\.cnrm\.cloud\.google\.com"  # Config Connector
    r"|(?:[a-z0-9.-]+\.)?upbound\.io|(?:[a-z0-9-]+\.)+(?:aws|azure|gcp)\.crossplane\.io"  # Crossplane
    r"|(?:aws|azure|gcp|pkg)\.crossplane\.io"
    r"|app\.terraform\.io"
    r"|(?:bootstrap|controlplane|infrastructure)\.cluster\.x-k8s\.io"  # Cluster API
    r")/"
)
_SETTINGS: Final = re.compile(r"/(?:Cluster)?ProviderConfig(?:Usage)?$")
"""What tells an operator of Crossplane its account, and makes nothing."""


def is_no_cloud_object(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    """No operator in a cluster makes what the rules of that cloud never meet."""
    if not resource.is_kubernetes or not _OPERATORS.match(resource.kind) or _SETTINGS.search(resource.kind):
        return
    spec = resource.props["spec"]
    if kind_of(resource.token).is_list and spec.is_missing and not resource.props["items"].is_absent:
        # Its items are judged one by one; a kind that only ends like a List has a spec.
        return
    if not is_object_allowed(resource, spec, parameters):
        yield spec.wrong(
            "has an operator make a resource of a cloud, or a machine, which no rule of that cloud meets"
            + by_digest(spec, "its spec")
        )
