"""Names and labels as Google Cloud takes them, by type.

Sources: Compute Engine "Naming resources" (RFC 1035), Cloud Storage "Bucket names", IAM "Create service accounts",
GKE and Cloud KMS API references, Resource Manager "Requirements for labels".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.reading import at, others, text, texts
from meshfed_local.standins.rules.shapes import matches
from meshfed_local.standins.world import World

BUCKET: Final = "gcp:storage/bucket:Bucket"

_LABELS: Final = 64
# Letters of any script are allowed, upper case of none.
_KEY: Final = re.compile(r"[^\W\d_][\w-]{0,62}")
_VALUE: Final = re.compile(r"[\w-]{0,63}")
_NAME: Final = r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?"
_NAME_WANTED: Final = "1 to 63 of a-z 0-9 -, a letter first, no hyphen last (RFC 1035)"
_SHORT: Final = r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?"
_SHORT_WANTED: Final = "1 to 40 of a-z 0-9 -, a letter first, no hyphen last"
_BUCKET_NAME: Final = r"(?!goog)(?!.*(google|g00gle|\.\.|-\.|\.-))[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"
_BUCKET_PART: Final = 63
_COMPUTE: Final = (
    "address:Address",
    "backendService:BackendService",
    "disk:Disk",
    "firewall:Firewall",
    "forwardingRule:ForwardingRule",
    "globalAddress:GlobalAddress",
    "healthCheck:HealthCheck",
    "instance:Instance",
    "instanceGroup:InstanceGroup",
    "instanceGroupManager:InstanceGroupManager",
    "instanceTemplate:InstanceTemplate",
    "network:Network",
    "networkFirewallPolicy:NetworkFirewallPolicy",
    "regionBackendService:RegionBackendService",
    "regionHealthCheck:RegionHealthCheck",
    "regionInstanceTemplate:RegionInstanceTemplate",
    "route:Route",
    "router:Router",
    "routerNat:RouterNat",
    "subnetwork:Subnetwork",
)


def labels_are_within_limits(resource: Resource, _world: World) -> Iterator[Fault]:
    """At most 64 labels; keys begin with a letter; both are of a-z 0-9 _- and at most 63 characters."""
    for name in ("labels", "resourceLabels", "userLabels"):
        labels: Any = at(resource.inputs, name)
        if not isinstance(labels, Mapping):
            continue
        known: list[tuple[str, str]] = [(str(key), value) for key, value in labels.items() if isinstance(value, str)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- plain wire value
        if len(known) > _LABELS:
            yield Fault(name, f"{len(known)} labels are given", f"at most {_LABELS} labels")
        for key, value in known:
            if not _KEY.fullmatch(key) or key != key.lower():
                yield Fault(f"{name}.{key}", f"{key!r} is no key of a label", "1 to 63 of a-z 0-9 _-, a letter first")
            if not _VALUE.fullmatch(value) or value != value.lower():
                yield Fault(f"{name}.{key}", f"{value!r} is no value of a label", "at most 63 of a-z 0-9 _-")


def bucket_name_is_allowed(resource: Resource, _world: World) -> Iterator[Fault]:
    """Parts between dots are of at most 63 characters, and a name is no address."""
    for place, name in texts(resource.inputs, "name"):
        if any(len(part) > _BUCKET_PART for part in name.split(".")) or re.fullmatch(r"\d+(\.\d+){3}", name):
            yield Fault(place, f"{name!r} is no name of a bucket", "parts of at most 63 characters, and no address")


def bucket_name_is_free(resource: Resource, world: World) -> Iterator[Fault]:
    """A bucket's name is unique in the whole of Cloud Storage."""
    name = text(resource.inputs, "name")
    for one in others(world, resource):
        if name and text(one.inputs, "name") == name:
            yield Fault("name", f"{name} exists already, as {one.urn}", "a name that is unique in the world")


def place_is_written_as_one(resource: Resource, _world: World) -> Iterator[Fault]:
    """A region is a word and number, a zone a letter more; a zone is of the region that is named beside it."""
    region, zone = text(resource.inputs, "region"), text(resource.inputs, "zone")
    if region and "/" not in region and not re.fullmatch(r"[a-z]+-[a-z]+\d+", region):
        yield Fault("region", f"{region!r} is no region", "a code as europe-west3")
    if zone and "/" not in zone and not re.fullmatch(r"[a-z]+-[a-z]+\d+-[a-z]", zone):
        yield Fault("zone", f"{zone!r} is no zone", "a code as europe-west3-a")


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "*": (labels_are_within_limits, place_is_written_as_one),
    **{f"gcp:compute/{kind}": (matches("name", _NAME, _NAME_WANTED),) for kind in _COMPUTE},
    "gcp:container/cluster:Cluster": (matches("name", _SHORT, _SHORT_WANTED),),
    "gcp:container/nodePool:NodePool": (matches("name", _SHORT, _SHORT_WANTED),),
    "gcp:kms/keyRing:KeyRing": (matches("name", r"[a-zA-Z0-9_-]{1,63}", "1 to 63 of a-z A-Z 0-9 _-"),),
    "gcp:kms/cryptoKey:CryptoKey": (matches("name", r"[a-zA-Z0-9_-]{1,63}", "1 to 63 of a-z A-Z 0-9 _-"),),
    "gcp:serviceaccount/account:Account": (
        matches("accountId", r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "6 to 30 of a-z 0-9 -, a letter first, no hyphen last"),
    ),
    BUCKET: (
        matches(
            "name", _BUCKET_NAME, "3 to 222 of a-z 0-9 ._-, ends a letter or digit, no goog first, no google in it"
        ),
        bucket_name_is_allowed,
        bucket_name_is_free,
    ),
}
