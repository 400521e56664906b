"""How Google writes ids and self links: one template a type."""

import re
from collections.abc import Mapping
from typing import Final

from meshfed_local.standins.making import Making
from meshfed_local.standins.specials.scope import gcp_project

_GLOBAL: Final = "projects/{project}/global"
_REGION: Final = "projects/{project}/regions/{region}"
_ZONE: Final = "projects/{project}/zones/{zone}"
_PLACE: Final = "projects/{project}/locations/{location}"

IDS: Final[Mapping[str, str]] = {
    "gcp:compute/address:Address": f"{_REGION}/addresses/{{name}}",
    "gcp:compute/backendService:BackendService": f"{_GLOBAL}/backendServices/{{name}}",
    "gcp:compute/disk:Disk": f"{_ZONE}/disks/{{name}}",
    "gcp:compute/firewall:Firewall": f"{_GLOBAL}/firewalls/{{name}}",
    "gcp:compute/forwardingRule:ForwardingRule": f"{_REGION}/forwardingRules/{{name}}",
    "gcp:compute/globalAddress:GlobalAddress": f"{_GLOBAL}/addresses/{{name}}",
    "gcp:compute/healthCheck:HealthCheck": f"{_GLOBAL}/healthChecks/{{name}}",
    "gcp:compute/instance:Instance": f"{_ZONE}/instances/{{name}}",
    "gcp:compute/instanceGroup:InstanceGroup": f"{_ZONE}/instanceGroups/{{name}}",
    "gcp:compute/instanceGroupManager:InstanceGroupManager": f"{_ZONE}/instanceGroupManagers/{{name}}",
    "gcp:compute/instanceTemplate:InstanceTemplate": f"{_GLOBAL}/instanceTemplates/{{name}}",
    "gcp:compute/network:Network": f"{_GLOBAL}/networks/{{name}}",
    "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy": f"{_GLOBAL}/firewallPolicies/{{name}}",
    "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation": (
        f"{_GLOBAL}/firewallPolicies/{{firewallPolicy}}/associations/{{name}}"
    ),
    "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule": (
        f"{_GLOBAL}/firewallPolicies/{{firewallPolicy}}/{{priority}}"
    ),
    "gcp:compute/projectMetadataItem:ProjectMetadataItem": "{key}",
    "gcp:compute/regionBackendService:RegionBackendService": f"{_REGION}/backendServices/{{name}}",
    "gcp:compute/regionHealthCheck:RegionHealthCheck": f"{_REGION}/healthChecks/{{name}}",
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate": f"{_REGION}/instanceTemplates/{{name}}",
    "gcp:compute/resourcePolicy:ResourcePolicy": f"{_REGION}/resourcePolicies/{{name}}",
    "gcp:compute/route:Route": f"{_GLOBAL}/routes/{{name}}",
    "gcp:compute/router:Router": f"{_REGION}/routers/{{name}}",
    "gcp:compute/routerInterface:RouterInterface": "{region}/{router}/{name}",
    "gcp:compute/routerNat:RouterNat": "{project}/{region}/{router}/{name}",
    "gcp:compute/routerPeer:RouterPeer": f"{_REGION}/routers/{{router}}/{{name}}",
    "gcp:compute/subnetwork:Subnetwork": f"{_REGION}/subnetworks/{{name}}",
    "gcp:container/cluster:Cluster": f"{_PLACE}/clusters/{{name}}",
    "gcp:container/nodePool:NodePool": f"{_PLACE}/clusters/{{cluster}}/nodePools/{{name}}",
    "gcp:dns/managedZone:ManagedZone": "projects/{project}/managedZones/{name}",
    "gcp:dns/recordSet:RecordSet": "projects/{project}/managedZones/{managedZone}/rrsets/{name}/{type}",
    "gcp:iap/tunnelDestGroup:TunnelDestGroup": (
        "projects/{project}/iap_tunnel/locations/{region}/destGroups/{groupName}"
    ),
    "gcp:kms/cryptoKey:CryptoKey": "{keyRing}/cryptoKeys/{name}",
    "gcp:kms/cryptoKeyIAMBinding:CryptoKeyIAMBinding": "{cryptoKeyId}/{role}",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": "{cryptoKeyId}/{role}/{member}",
    "gcp:kms/keyRing:KeyRing": f"{_PLACE}/keyRings/{{name}}",
    "gcp:logging/metric:Metric": "{name}",
    "gcp:networkconnectivity/hub:Hub": "projects/{project}/locations/global/hubs/{name}",
    "gcp:networkconnectivity/spoke:Spoke": f"{_PLACE}/spokes/{{name}}",
    "gcp:projects/iAMAuditConfig:IAMAuditConfig": "{project}/audit_config/{service}",
    "gcp:projects/iAMCustomRole:IAMCustomRole": "projects/{project}/roles/{roleId}",
    "gcp:projects/iAMMember:IAMMember": "{project}/{role}/{member}",
    "gcp:projects/service:Service": "{project}/{service}",
    "gcp:serviceaccount/account:Account": (
        "projects/{project}/serviceAccounts/{accountId}@{project}.iam.gserviceaccount.com"
    ),
    "gcp:serviceaccount/iAMMember:IAMMember": "{serviceAccountId}/{role}/{member}",
    "gcp:storage/bucket:Bucket": "{name}",
    "gcp:storage/bucketIAMBinding:BucketIAMBinding": "b/{bucket}/{role}",
    "gcp:storage/bucketIAMMember:BucketIAMMember": "b/{bucket}/{role}/{member}",
    "gcp:storage/bucketIAMPolicy:BucketIAMPolicy": "b/{bucket}",
    "gcp:storage/bucketObject:BucketObject": "{bucket}-{name}",
}
"""What is not here is `projects/…/<region, zone, location or global>/<types>/<name>`."""


class _Words(dict[str, str]):
    """What a template may name: inputs (of a path the last part), project and place."""

    def __init__(self, making: Making) -> None:
        super().__init__()
        self._making = making

    def __missing__(self, key: str) -> str:
        making = self._making
        if key == "project":
            return gcp_project(making)
        if key in {"region", "zone", "location"}:
            return place(making, key)
        value = making.inputs.get(key)
        if key in {"router", "cluster", "firewallPolicy"} and isinstance(value, str):
            return value.rsplit("/", 1)[-1]
        return "" if value is None else str(value)


def place(making: Making, kind: str) -> str:
    """The region, zone or location of a resource: its own, else that of its provider."""
    config = making.resource.provider_config
    zone = making.text("zone", str(config.get("zone") or ""))
    region = making.text("region", str(config.get("region") or zone.rsplit("-", 1)[0])).rsplit("/", 1)[-1]
    return {"region": region, "zone": zone, "location": making.text("location", zone or region)}[kind]


def identity(making: Making) -> str:
    """The id of a resource, which follows from its inputs."""
    template = IDS.get(making.resource.token)
    if template is None:
        kind = making.resource.token.split(":")[1].split("/")[-1]
        where = next((part for part in ("zone", "region", "location") if making.text(part)), "")
        base = {"zone": _ZONE, "region": _REGION, "location": _PLACE}.get(where, _GLOBAL)
        template = f"{base}/{kind}s/{{name}}" if making.text("name") else f"{base}/{kind}s/{making.hex(20)}"
    return template.format_map(_Words(making))


def self_link(making: Making) -> str:
    """The URL of a resource."""
    module = making.resource.token.split(":")[1].split("/")[0]
    if module == "storage":
        return f"https://www.googleapis.com/storage/v1/b/{making.id}"
    if module == "container":
        return f"https://container.googleapis.com/v1/{making.id}"
    return f"https://www.googleapis.com/{module}/v1/{making.id}"


def bare(value: str) -> str:
    """An id without the host of a self link."""
    return re.sub(r"^(https:)?//[^/]+/(\w+/)?(v\d\w*/)?(?=projects/)", "", value)
