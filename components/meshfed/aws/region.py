"""One region in AWS: wires the other components and adds nothing of its own."""

from dataclasses import dataclass

import pulumi

from meshfed._component import child, read
from meshfed.aws.break_glass import AwsBreakGlass
from meshfed.aws.cluster import AwsCluster
from meshfed.aws.gateway_firewall import AwsGatewayFirewall
from meshfed.aws.gateway_identity import AwsGatewayIdentity
from meshfed.aws.gateway_pair import AwsGatewayPair
from meshfed.aws.gateway_rights import AwsGatewayRights, AwsGatewayRightsArgs
from meshfed.aws.network import AwsNetwork
from meshfed.aws.readiness import AwsReadiness
from meshfed.aws.region_inputs import AwsRegionArgs
from meshfed.aws.route_server import AwsRouteServer, AwsRouteTableArgs
from meshfed.aws.signing_keys import AwsSigningKeys
from meshfed.aws.store import READABLE, AwsStore, AwsStoreArgs, store_arn
from meshfed.aws.store_objects import AwsStoreObjects
from meshfed.aws.subnet_share import AwsSubnetShare
from meshfed.errors import ArgsError
from meshfed.values import Duty, GatewayName

INNER = "inner"
"""Name of the route table of the subnets without a way out."""


@dataclass(frozen=True)
class _Ground:
    """What the region stands on, made or found."""

    vpc_id: pulumi.Input[str]
    node_subnet_ids: pulumi.Input[list[str]]
    pod_subnet_ids: pulumi.Input[list[str]]
    control_subnet_ids: pulumi.Input[list[str]]
    tunnel_subnet_ids: list[pulumi.Input[str]]
    route_tables: list[AwsRouteTableArgs]
    share: AwsSubnetShare | None = None
    """What lends the subnets to the cluster's account, where that is another one."""


class AwsRegion(pulumi.ComponentResource):
    """A region of the federation in AWS: network, tunnel gateways, cluster, own store and signing keys."""

    network_id: pulumi.Output[str]
    """Id of the VPC."""
    cluster_name: pulumi.Output[str]
    """Name of the cluster."""
    cluster_id: pulumi.Output[str]
    """ARN of the cluster."""
    issuer: pulumi.Output[str]
    """OIDC issuer of the cluster."""
    gateway_addresses: pulumi.Output[list[str]]
    """Public addresses of the tunnel gateways a and b."""
    gateway_identity: pulumi.Output[str]
    """Unique id of the gateways' role."""
    peer_key: pulumi.Output[str]
    """Public key (PEM) of peer documents."""
    bundle_key: pulumi.Output[str]
    """Public key (PEM) of trust bundles."""
    store: pulumi.Output[str]
    """Bucket of the region's own store."""

    def __init__(self, name: str, args: AwsRegionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsRegion", name, {}, opts)
        self._args = args = read(AwsRegionArgs, args)
        ground = self._ground(name)
        identity = AwsGatewayIdentity(f"{name}-identity", args["identity"], opts=self._by(Duty.NETWORK))
        keys = self._keys(f"{name}-keys", identity)
        readiness = AwsReadiness(f"{name}-readiness", args["readiness"], opts=self._by(Duty.NETWORK))
        rights = self._rights(name, identity, keys, readiness)
        store = self._store(f"{name}-store", identity)
        routes = self._routes(f"{name}-routes", ground)
        objects = self._objects(f"{name}-objects", store, routes)
        firewall = AwsGatewayFirewall(
            f"{name}-firewall",
            {"settings": args["firewall"], "vpc_id": ground.vpc_id},
            opts=self._by(Duty.NETWORK),
        )
        pair = AwsGatewayPair(
            f"{name}-gateway",
            {
                "settings": args["gateways"],
                "subnet_ids": ground.tunnel_subnet_ids,
                "security_group_ids": firewall.group_ids,
                "profile": pulumi.Output.all(identity.profile, rights.role_name, objects.bucket).apply(_first),
                "route_server_endpoint_ids": [routes.endpoint_a, routes.endpoint_b],
                "ready_document": readiness.document,
            },
            opts=self._by(Duty.NETWORK),
        )
        self.network_id = pulumi.Output.from_input(ground.vpc_id)
        self.cluster_name, self.cluster_id, self.issuer = self._cluster(f"{name}-cluster", ground)
        self.gateway_addresses = pair.addresses
        self.gateway_identity = identity.unique_id
        self.peer_key, self.bundle_key, self.store = keys.peer_key, keys.bundle_key, store.bucket
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

    def _by(self, duty: Duty, after: pulumi.Resource | None = None) -> pulumi.ResourceOptions:
        """Options of a child that another account may own."""
        options = child(self, after=after)
        options.provider = self._args.get("providers", {}).get(duty)
        return options

    def _ground(self, name: str) -> _Ground:
        args = self._args
        wanted, found = args.get("network"), args.get("existing_network")
        if wanted is not None and found is None:
            made = AwsNetwork(f"{name}-network", wanted, opts=self._by(Duty.NETWORK))
            keys = [*args["zones"], INNER]
            return _Ground(
                vpc_id=made.vpc_id,
                node_subnet_ids=made.node_subnet_ids,
                pod_subnet_ids=made.pod_subnet_ids,
                control_subnet_ids=made.control_subnet_ids,
                tunnel_subnet_ids=[made.tunnel_subnet_ids[0], made.tunnel_subnet_ids[1]],
                route_tables=[{"key": key, "id": made.route_table_ids[at]} for at, key in enumerate(keys)],
                share=self._lend(f"{name}-share", made),
            )
        if found is not None and wanted is None:
            return _Ground(
                vpc_id=found["vpc_id"],
                node_subnet_ids=found["node_subnet_ids"],
                pod_subnet_ids=found["pod_subnet_ids"],
                control_subnet_ids=found["control_subnet_ids"],
                tunnel_subnet_ids=[*found["tunnel_subnet_ids"][:2]],
                route_tables=[{"key": table, "id": table} for table in found["route_table_ids"]],
            )
        raise ArgsError("AwsRegionArgs: give exactly one of network and existing_network.")

    def _lend(self, name: str, network: AwsNetwork) -> AwsSubnetShare | None:
        if "share" not in self._args or "cluster" not in self._args:
            return None
        return AwsSubnetShare(
            name,
            {
                "location": self._args["location"],
                "share": self._args["share"],
                "account": self._args["cluster"]["account"],
                "zones": self._args["zones"],
                "subnet_arns": network.cluster_subnet_arns,
                "tags": self._args["tags"],
            },
            opts=self._by(Duty.NETWORK),
        )

    def _keys(self, name: str, identity: AwsGatewayIdentity) -> AwsSigningKeys:
        return AwsSigningKeys(
            name,
            {
                "location": self._args["location"],
                **self._args["keys"],
                "gateway_role_arn": identity.role_arn,
                "tags": self._args["tags"],
            },
            opts=self._by(Duty.KMS),
        )

    def _rights(
        self, name: str, identity: AwsGatewayIdentity, keys: AwsSigningKeys, readiness: AwsReadiness
    ) -> AwsGatewayRights:
        args = self._args
        glass = AwsBreakGlass(f"{name}-glass", args["break_glass"], opts=self._by(Duty.NETWORK))
        rights: AwsGatewayRightsArgs = {
            "location": args["location"],
            "account": args["account"],
            "role_name": identity.role_name,
            "peer_key_arn": keys.peer_key_arn,
            "bucket_arn": store_arn(args["location"], args["store"]["bucket"]),
            "readable": [store_arn(args["location"], args["store"]["bucket"], key) for key in READABLE],
            "session_log_arn": glass.session_log_arn,
            "ready_document_arn": readiness.document_arn,
        }
        if "publisher_role_arn" in args:
            rights["publisher_role_arn"] = args["publisher_role_arn"]
        return AwsGatewayRights(f"{name}-rights", rights, opts=self._by(Duty.NETWORK))

    def _store(self, name: str, identity: AwsGatewayIdentity) -> AwsStore:
        wanted: AwsStoreArgs = {
            "location": self._args["location"],
            **self._args["store"],
            "reader_role_arn": identity.role_arn,
            "tags": self._args["tags"],
        }
        return AwsStore(name, wanted, opts=self._by(Duty.TRUST))

    def _routes(self, name: str, ground: _Ground) -> AwsRouteServer:
        return AwsRouteServer(
            name,
            {
                "location": self._args["location"],
                "vpc_id": ground.vpc_id,
                "subnet_a": ground.tunnel_subnet_ids[0],
                "subnet_b": ground.tunnel_subnet_ids[1],
                "route_tables": ground.route_tables,
                "tags": self._args["tags"],
            },
            opts=self._by(Duty.NETWORK),
        )

    def _objects(self, name: str, store: AwsStore, routes: AwsRouteServer) -> AwsStoreObjects:
        documents = self._args["documents"]
        addresses = (routes.address_a, routes.address_b)
        return AwsStoreObjects(
            name,
            {
                "location": self._args["location"],
                "bucket": store.bucket,
                "release": self._args["release"],
                "documents": [
                    {
                        "gateway": gateway,
                        "text": documents["texts"][at],
                        "router_placeholder": documents["router_placeholders"][at],
                        "router_address": addresses[at],
                    }
                    for at, gateway in enumerate(GatewayName)
                ],
                "tags": self._args["tags"],
            },
            opts=self._by(Duty.TRUST),
        )

    def _cluster(
        self, name: str, ground: _Ground
    ) -> "tuple[pulumi.Output[str], pulumi.Output[str], pulumi.Output[str]]":
        """Name, ARN and issuer of the cluster, made or found."""
        wanted, found = self._args.get("cluster"), self._args.get("existing_cluster")
        if wanted is not None and found is None:
            made = AwsCluster(
                name,
                {
                    "settings": wanted,
                    "control_subnet_ids": ground.control_subnet_ids,
                    "node_subnet_ids": ground.node_subnet_ids,
                    "pod_subnet_ids": ground.pod_subnet_ids,
                },
                # Before they are lent, the cluster's account does not see the subnets.
                opts=self._by(Duty.CLUSTER, ground.share),
            )
            return made.cluster_name, made.cluster_arn, made.issuer
        if found is not None and wanted is None:
            name_arn_issuer = (found["name"], found["arn"], found["issuer"])
            cluster_name, cluster_arn, issuer = (pulumi.Output.from_input(text) for text in name_arn_issuer)
            return cluster_name, cluster_arn, issuer
        raise ArgsError("AwsRegionArgs: give exactly one of cluster and existing_cluster.")


def _first(values: list[str]) -> str:
    return values[0]
