"""Outputs that Google's services decide: addresses, endpoints, key versions, unique ids."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from meshfed_local.standins import keys
from meshfed_local.standins.cloud import Maker
from meshfed_local.standins.making import Making
from meshfed_local.standins.specials.gcp_ids import bare, self_link
from meshfed_local.standins.specials.scope import gcp_project

_SUBNETWORK: Final = "gcp:compute/subnetwork:Subnetwork"
_FALLBACK_RANGE: Final = "10.255.0.0/16"
SIGNING: Final = "EC_SIGN_P256_SHA256"


def _range(making: Making, subnetwork: Any) -> str:
    record = making.find(bare(subnetwork), _SUBNETWORK) if isinstance(subnetwork, str) else None
    return str(record.inputs["ipCidrRange"]) if record else _FALLBACK_RANGE


def _address(making: Making) -> Mapping[str, Any]:
    given = making.text("address")
    if making.text("addressType", "EXTERNAL") == "EXTERNAL":
        return {"address": making.public_address()}
    cidr = _range(making, making.inputs.get("subnetwork"))
    return {"address": making.hold_private_address(cidr, given) if given else making.private_address(cidr)}


def _owned(making: Making, cidr: str, address: str) -> str:
    """A private address, which an Address resource may hold already for this very use."""
    reserved = making.world.records("gcp:compute/address:Address")
    if any(record.outputs.get("address") == address for record in reserved):
        return address
    return making.hold_private_address(cidr, address)


def _instance(making: Making) -> Mapping[str, Any]:
    interfaces: list[dict[str, Any]] = []
    for interface in cast("Sequence[Mapping[str, Any]]", making.inputs.get("networkInterfaces") or ()):
        cidr, given = _range(making, interface.get("subnetwork")), interface.get("networkIp")
        private = _owned(making, cidr, given) if isinstance(given, str) else making.private_address(cidr)
        access = cast("Sequence[Mapping[str, Any]]", interface.get("accessConfigs") or ())
        public = [{"natIp": one.get("natIp") or making.public_address()} for one in access]
        interfaces.append({"networkIp": private, "name": f"nic{len(interfaces)}", "accessConfigs": public})
    return {"networkInterfaces": interfaces, "instanceId": making.digits(19), "currentStatus": "RUNNING"}


def _group(making: Making) -> Mapping[str, Any]:
    """The group has its manager's name; its one machine is there and healthy at once."""
    link = self_link(making).replace("/instanceGroupManagers/", "/instanceGroups/")
    status = {
        "isStable": True,
        "versionTargets": [{"isReached": True}],
        "allInstancesConfigs": [{"effective": True, "currentRevision": ""}],
        "statefuls": [{"hasStatefulConfig": False, "perInstanceConfigs": [{"allEffective": True}]}],
    }
    return {"instanceGroup": link, "instanceGroupManagerId": int(making.digits(15)), "statuses": [status]}


def _forwarding_rule(making: Making) -> Mapping[str, Any]:
    if making.text("loadBalancingScheme", "EXTERNAL").startswith("INTERNAL"):
        return {"ipAddress": making.private_address(_range(making, making.inputs.get("subnetwork")))}
    return {"ipAddress": making.public_address()}


def _cluster(making: Making) -> Mapping[str, Any]:
    authority = "" if making.dry else keys.certificate_authority()
    host = f"gke-{making.hex(40)}-{making.digits(12)}"
    return {
        "endpoint": making.private_address(_range(making, making.inputs.get("subnetwork"))),
        "masterAuth": {"clusterCaCertificate": authority},
        "controlPlaneEndpointsConfig": {
            "dnsEndpointConfig": {"endpoint": f"{host}.{making.text('location')}.gke.goog"}
        },
        "masterVersion": making.text("minMasterVersion"),
        "nodeVersion": making.text("nodeVersion", making.text("minMasterVersion")),
        "servicesIpv4Cidr": "",
    }


def _key(making: Making) -> Mapping[str, Any]:
    template: Any = making.inputs.get("versionTemplate") or {}
    version = f"{making.id}/cryptoKeyVersions/1"
    if not making.dry and template.get("algorithm") == SIGNING:
        keys.make(making.world, version)
    return {"primaries": [{"name": version, "state": "ENABLED"}]}


def _account(making: Making) -> Mapping[str, Any]:
    email = f"{making.text('accountId')}@{gcp_project(making)}.iam.gserviceaccount.com"
    return {
        "email": email,
        "member": f"serviceAccount:{email}",
        "name": making.id,
        "uniqueId": making.digits(21),
    }


def _bucket(making: Making) -> Mapping[str, Any]:
    return {"url": f"gs://{making.text('name')}", "projectNumber": 0}


def _object(making: Making) -> Mapping[str, Any]:
    bucket, name = making.text("bucket"), making.text("name")
    link = f"https://www.googleapis.com/storage/v1/b/{bucket}/o/{name}"
    return {"selfLink": link, "mediaLink": f"{link}?alt=media", "outputName": name}


def _network(making: Making) -> Mapping[str, Any]:
    return {"networkId": making.digits(19), "numericId": making.digits(19), "gatewayIpv4": ""}


def _policy(making: Making) -> Mapping[str, Any]:
    return {"networkFirewallPolicyId": making.digits(19), "selfLinkWithId": self_link(making)}


OUTPUTS: Final[Mapping[str, Maker]] = {
    "gcp:compute/address:Address": _address,
    "gcp:compute/globalAddress:GlobalAddress": _address,
    "gcp:compute/forwardingRule:ForwardingRule": _forwarding_rule,
    "gcp:compute/instance:Instance": _instance,
    "gcp:compute/instanceGroupManager:InstanceGroupManager": _group,
    "gcp:compute/network:Network": _network,
    "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy": _policy,
    "gcp:container/cluster:Cluster": _cluster,
    "gcp:kms/cryptoKey:CryptoKey": _key,
    "gcp:serviceaccount/account:Account": _account,
    "gcp:storage/bucket:Bucket": _bucket,
    "gcp:storage/bucketObject:BucketObject": _object,
}
