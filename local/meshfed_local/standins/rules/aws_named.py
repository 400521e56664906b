"""Things of AWS that are named by a name of their owner's choice, and must exist.

Their names are known in a preview, before they are made, so this is asked only when something is made or changed.
Ids and ARNs are issued: those are known only of what exists, and are judged with every other input.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource
from meshfed_local.standins.rules.reading import named, texts
from meshfed_local.standins.world import World

Exists = Callable[[World, str], bool]


def _role(world: World, name: str) -> bool:
    return named(world, name, "aws:iam/role:Role") is not None or world.exists(name)


def _bucket(world: World, name: str) -> bool:
    return world.exists(name)


def _cluster(world: World, name: str) -> bool:
    return named(world, name, "aws:eks/cluster:Cluster") is not None


_ROLE: Final = ("role", "role", _role)
_BUCKET: Final = ("bucket", "bucket", _bucket)
_CLUSTER: Final = ("clusterName", "cluster", _cluster)
_NAMED: Final[Mapping[str, tuple[str, str, Exists]]] = {
    "aws:iam/rolePolicy:RolePolicy": _ROLE,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _ROLE,
    "aws:iam/instanceProfile:InstanceProfile": _ROLE,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _BUCKET,
    "aws:s3/bucketLogging:BucketLogging": _BUCKET,
    "aws:s3/bucketNotification:BucketNotification": _BUCKET,
    "aws:s3/bucketObjectv2:BucketObjectv2": _BUCKET,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _BUCKET,
    "aws:s3/bucketPolicy:BucketPolicy": _BUCKET,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _BUCKET,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _BUCKET,
    "aws:s3/bucketVersioning:BucketVersioning": _BUCKET,
    "aws:eks/nodeGroup:NodeGroup": _CLUSTER,
    "aws:eks/addon:Addon": _CLUSTER,
    "aws:eks/accessEntry:AccessEntry": _CLUSTER,
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": _CLUSTER,
}
"""By token: the property that holds the name, what it names, and how that is found."""


def refusals(resource: Resource, world: World) -> Iterator[Fault]:
    """What belongs to a role, a bucket or a cluster names one that exists."""
    if resource.token not in _NAMED:
        return
    path, kind, exists = _NAMED[resource.token]
    for place, name in texts(resource.inputs, path):
        if not exists(world, name):
            yield Fault(place, f"there is no {kind} {name!r}", f"the name of a {kind} that exists")
