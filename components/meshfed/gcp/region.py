"""A region in Google Cloud: wires network, keys, store, tunnel gateways and cluster, and adds nothing of its own."""

from dataclasses import dataclass

import pulumi

from meshfed._component import read
from meshfed.errors import ArgsError
from meshfed.gcp.api_tunnel import GcpApiTunnel
from meshfed.gcp.cluster import GcpCluster
from meshfed.gcp.encryption_key import GcpEncryptionKey
from meshfed.gcp.firewall import GcpFirewall
from meshfed.gcp.gateway_identity import GcpGatewayIdentity
from meshfed.gcp.gateway_pair import GcpGatewayPair
from meshfed.gcp.network import GcpNetwork, GcpNetworkLinks
from meshfed.gcp.node_identity import GcpNodeIdentity
from meshfed.gcp.region_args import GcpRegionArgs, GcpRegionClusterArgs
from meshfed.gcp.shared_network import GcpSharedNetwork
from meshfed.gcp.signing_keys import GcpSigningKeys
from meshfed.gcp.store import GcpStore
from meshfed.values import Duty


@dataclass(frozen=True, slots=True)
class _Host:
    """What the gateways are given of the region's other parts."""

    account: pulumi.Output[str]
    store: pulumi.Output[str]
    signing_key: pulumi.Output[str]


class GcpRegion(pulumi.ComponentResource):
    """A region of the federation in Google Cloud."""

    network_id: pulumi.Output[str]
    """Self link of the network."""
    cluster_name: pulumi.Output[str]
    """Name of the cluster."""
    cluster_id: pulumi.Output[str]
    """Resource name of the cluster: projects/P/locations/L/clusters/C."""
    issuer: pulumi.Output[str]
    """Issuer of the tokens of the cluster's service accounts."""
    gateway_addresses: pulumi.Output[list[str]]
    """Public addresses of the tunnel gateways a and b."""
    gateway_identity: pulumi.Output[str]
    """Numeric id of the gateways' service account."""
    peer_key: pulumi.Output[str]
    """Public key that signs peer documents, PEM."""
    bundle_key: pulumi.Output[str]
    """Public key that signs trust bundles, PEM."""
    store: pulumi.Output[str]
    """Name of the region's own store."""

    def __init__(self, name: str, args: GcpRegionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpRegion", name, {}, opts)
        args = read(GcpRegionArgs, args)
        links = _network(self, name, args)
        identity = GcpGatewayIdentity(
            f"{name}-gateway-identity",
            {
                "project": args["network_project"],
                "account": args["gateways"]["account"],
                "region": args["region"],
            },
            _part(self, args, Duty.NETWORK),
        )
        keys = GcpSigningKeys(
            f"{name}-signing",
            {
                "project": args["kms_project"],
                "location": args["location"],
                "labels": args["labels"],
                "peer_signer": identity.member,
            },
            _part(self, args, Duty.KMS),
        )
        encryption = _encryption(self, name, args)
        store = _store(self, name, args, encryption.store_key, identity.member)
        pair = _gateways(self, name, args, links, _Host(identity.email, store.bucket, keys.peer_version))
        self.cluster_name, self.cluster_id, self.issuer = _cluster(self, name, args, links, encryption)
        self.network_id = pulumi.Output.from_input(links["network"])
        self.gateway_addresses = pair.addresses
        self.gateway_identity = identity.unique_id
        self.peer_key, self.bundle_key = keys.peer_key, keys.bundle_key
        self.store = store.bucket
        self.register_outputs(
            {
                "network_id": self.network_id,
                "cluster_name": self.cluster_name,
                "cluster_id": self.cluster_id,
                "issuer": self.issuer,
                "gateway_addresses": self.gateway_addresses,
                "gateway_identity": self.gateway_identity,
                "peer_key": self.peer_key,
                "bundle_key": self.bundle_key,
                "store": self.store,
            }
        )


def _part(
    parent: GcpRegion, args: GcpRegionArgs, duty: Duty, after: pulumi.Resource | None = None
) -> pulumi.ResourceOptions:
    """Options of a part that may belong to an owner of its own, and of what must stand before it."""
    provider = args.get("providers", {}).get(duty)
    return pulumi.ResourceOptions(
        parent=parent, providers=[provider] if provider else None, depends_on=[after] if after else None
    )


def _network(parent: GcpRegion, name: str, args: GcpRegionArgs) -> GcpNetworkLinks:
    if "existing_network" in args:
        return args["existing_network"]
    if "network" not in args:
        raise ArgsError("GcpRegionArgs.network: is missing. Give it, or existing_network.")
    return GcpNetwork(
        f"{name}-network",
        {
            "project": args["network_project"],
            "location": args["location"],
            "mtu": args["network"]["mtu"],
            "ranges": args["network"]["ranges"],
        },
        _part(parent, args, Duty.NETWORK),
    ).links


def _encryption(parent: GcpRegion, name: str, args: GcpRegionArgs) -> GcpEncryptionKey:
    return GcpEncryptionKey(
        f"{name}-encryption",
        {
            "project": args["kms_project"],
            "location": args["location"],
            "cluster_project": args["cluster_project"],
            "store_project": args["store_project"],
            "labels": args["labels"],
        },
        _part(parent, args, Duty.KMS),
    )


def _store(
    parent: GcpRegion, name: str, args: GcpRegionArgs, key: pulumi.Output[str], reader: pulumi.Output[str]
) -> GcpStore:
    return GcpStore(
        f"{name}-store",
        {
            "project": args["store_project"],
            "location": args["location"],
            "labels": args["labels"],
            "encryption_key": key,
            "reader": reader,
            "keeps_content": args["is_protected"],
            **args["store"],
        },
        _part(parent, args, Duty.TRUST),
    )


def _gateways(parent: GcpRegion, name: str, args: GcpRegionArgs, links: GcpNetworkLinks, host: _Host) -> GcpGatewayPair:
    gateways = args["gateways"]
    return GcpGatewayPair(
        f"{name}-gateways",
        {
            "project": args["network_project"],
            "location": args["location"],
            "labels": args["labels"],
            "network": links["network"],
            "subnet": links["tunnel"],
            "service_account": host.account,
            "store": host.store,
            "signing_key": host.signing_key,
            "size": gateways["size"],
            "image": gateways["image"],
            "startup_script": gateways["startup_script"],
            "gateway_a": gateways["gateway_a"],
            "gateway_b": gateways["gateway_b"],
            "balancer_address": gateways["balancer_address"],
            "health_port": gateways["health_port"],
            "ready_port": gateways["ready_port"],
            "routes": gateways["routes"],
            "rules": gateways["rules"],
        },
        _part(parent, args, Duty.NETWORK),
    )


def _cluster(
    parent: GcpRegion, name: str, args: GcpRegionArgs, links: GcpNetworkLinks, encryption: GcpEncryptionKey
) -> tuple[pulumi.Output[str], pulumi.Output[str], pulumi.Output[str]]:
    """Name, resource name and issuer of the region's cluster."""
    if "existing_cluster" in args:
        there = args["existing_cluster"]
        names = (there["cluster"].rpartition("/")[2], there["cluster"], there["issuer"])
        short, whole, issuer = (pulumi.Output.from_input(text) for text in names)
        return short, whole, issuer
    if "cluster" not in args:
        raise ArgsError("GcpRegionArgs.cluster: is missing. Give it, or existing_cluster.")
    wanted = args["cluster"]
    nodes = _nodes(parent, name, args, wanted, links)
    cluster = GcpCluster(
        f"{name}-cluster",
        {
            "project": args["cluster_project"],
            "location": args["location"],
            "zones": args["zones"],
            "labels": args["labels"],
            "network": links["network"],
            "node_subnet": links["nodes"],
            "control_subnet": links["control"],
            "node_account": nodes,
            "secrets_key": encryption.cluster_key,
            "disk_key": encryption.disk_key,
            "is_protected": args["is_protected"],
            "settings": wanted["settings"],
        },
        _part(parent, args, Duty.CLUSTER, _share(parent, name, args, links)),
    )
    return cluster.cluster_name, cluster.cluster_id, cluster.issuer


def _share(parent: GcpRegion, name: str, args: GcpRegionArgs, links: GcpNetworkLinks) -> GcpSharedNetwork | None:
    if args["cluster_project"] == args["network_project"]:
        return None
    return GcpSharedNetwork(
        f"{name}-shared-network",
        {
            "project": args["network_project"],
            "location": args["location"],
            "cluster_project": args["cluster_project"],
            "subnets": {"nodes": links["nodes"], "control": links["control"]},
        },
        _part(parent, args, Duty.NETWORK),
    )


def _nodes(
    parent: GcpRegion, name: str, args: GcpRegionArgs, wanted: GcpRegionClusterArgs, links: GcpNetworkLinks
) -> pulumi.Output[str]:
    """The nodes' service account, and what surrounds them in the network."""
    identity = GcpNodeIdentity(
        f"{name}-node-identity",
        {"project": args["cluster_project"], "account": wanted["account"], "region": args["region"]},
        _part(parent, args, Duty.CLUSTER),
    )
    of_network = _part(parent, args, Duty.NETWORK)
    GcpFirewall(
        f"{name}-nodes-firewall",
        {
            "project": args["network_project"],
            "network": links["network"],
            "target": identity.email,
            "rules": wanted["rules"],
        },
        of_network,
    )
    if wanted["tunnel_ranges"]:
        GcpApiTunnel(
            f"{name}-api-tunnel",
            {
                "project": args["network_project"],
                "location": args["location"],
                "group": wanted["settings"]["cluster"],
                "ranges": wanted["tunnel_ranges"],
            },
            of_network,
        )
    return identity.email
