"""A region's VPC: three zones, subnets by purpose, a way out for nodes in each zone, private endpoints, a flow log."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.endpoints import AwsEndpoints
from meshfed.aws.flow_log import AwsFlowLog, AwsFlowLogArgs
from meshfed.aws.routes import AwsRoutes, AwsRoutesArgs
from meshfed.aws.subnets import AwsSubnetArgs, AwsSubnets, AwsSubnetsArgs

INTERNAL_BALANCERS = {"kubernetes.io/role/internal-elb": "1"}
"""Tag by which the AWS load balancer controller finds subnets for internal load balancers."""


class AwsNetworkArgs(TypedDict):
    """What a region's VPC needs. Lists of ranges hold one a zone, in the order of zones."""

    location: str
    """The AWS location."""
    account: str
    """Account that owns the VPC."""
    zones: list[str]
    """Three availability zones."""
    network: str
    """The VPC's primary range: nodes, endpoints, control plane, databases."""
    pods: str
    """Secondary range of the pods."""
    gateways: str
    """Secondary range of tunnel gateways and east-west load balancers."""
    nodes_ranges: list[str]
    """Subnets of the worker nodes."""
    pods_ranges: list[str]
    """Subnets of the pods."""
    tunnel_ranges: list[str]
    """Public subnets of the tunnel gateways and NAT gateways."""
    east_west_ranges: list[str]
    """Subnets of the east-west load balancers."""
    endpoints_ranges: list[str]
    """Subnets of private endpoints."""
    control_ranges: list[str]
    """Subnets of the cluster's control-plane addresses."""
    log_group: str
    """Name of the flow log's log group."""
    permissions_boundary: NotRequired[str]
    """ARN of the permissions boundary of the flow log's role."""
    tags: dict[str, str]
    """Tags."""


class AwsNetwork(pulumi.ComponentResource):
    """A VPC in three zones whose addresses come from the plan."""

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    node_subnet_ids: pulumi.Output[list[str]]
    """Subnets of the worker nodes, one a zone."""
    pod_subnet_ids: pulumi.Output[list[str]]
    """Subnets of the pods, one a zone."""
    tunnel_subnet_ids: pulumi.Output[list[str]]
    """Subnets of the tunnel gateways, one a zone."""
    control_subnet_ids: pulumi.Output[list[str]]
    """Subnets of the control plane, one a zone."""
    route_table_ids: pulumi.Output[list[str]]
    """Route tables that lead to other regions: one for nodes and pods of each zone, then that of the inner subnets."""
    cluster_subnet_arns: pulumi.Output[list[str]]
    """ARNs of the subnets that a cluster in another account is given."""

    def __init__(self, name: str, args: AwsNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsNetwork", name, {}, opts)
        args = read(AwsNetworkArgs, args)
        self._args = args
        vpc = self._vpc(name)
        pods = self._range(f"{name}-pods", vpc.id, args["pods"])
        gateways = self._range(f"{name}-gateways", vpc.id, args["gateways"])
        public = self._public(name, vpc.id)
        tunnel = self._tier(f"{name}-tunnel", gateways, args["tunnel_ranges"], [public.route_table_id] * 3)
        private = [self._private(f"{name}-private", vpc.id, tunnel, index) for index in range(len(args["zones"]))]
        inner = AwsRoutes(f"{name}-inner", self._routes(vpc.id), opts=child(self)).route_table_id
        nodes = self._tier(f"{name}-nodes", vpc.id, args["nodes_ranges"], private, INTERNAL_BALANCERS)
        pod_subnets = self._tier(f"{name}-pods", pods, args["pods_ranges"], private)
        east_west = self._tier(f"{name}-east-west", gateways, args["east_west_ranges"], [inner] * 3)
        endpoints = self._tier(f"{name}-endpoints", vpc.id, args["endpoints_ranges"], [inner] * 3)
        control = self._tier(f"{name}-control", vpc.id, args["control_ranges"], [inner] * 3)
        self._endpoints(f"{name}-endpoints", vpc.id, endpoints, [public.route_table_id, *private, inner])
        self._log(f"{name}-flow", vpc.id)
        self.vpc_id = vpc.id
        self.node_subnet_ids = nodes.ids
        self.pod_subnet_ids = pod_subnets.ids
        self.tunnel_subnet_ids = tunnel.ids
        self.control_subnet_ids = control.ids
        self.route_table_ids = pulumi.Output.all(*private, inner)
        self.cluster_subnet_arns = pulumi.Output.all(nodes.arns, pod_subnets.arns, control.arns, east_west.arns).apply(
            _joined
        )
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "node_subnet_ids": self.node_subnet_ids,
                "pod_subnet_ids": self.pod_subnet_ids,
                "tunnel_subnet_ids": self.tunnel_subnet_ids,
                "control_subnet_ids": self.control_subnet_ids,
                "route_table_ids": self.route_table_ids,
                "cluster_subnet_arns": self.cluster_subnet_arns,
            }
        )

    def _vpc(self, name: str) -> aws.ec2.Vpc:
        location, tags = self._args["location"], self._args["tags"]
        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=self._args["network"],
            enable_dns_hostnames=True,
            enable_dns_support=True,
            region=location,
            tags={**tags, "Name": name},
            opts=child(self),
        )
        # Adopted to be emptied: whatever forgets to name a group gets one that lets nothing through.
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default", vpc_id=vpc.id, ingress=[], egress=[], region=location, tags=tags, opts=child(self)
        )
        return vpc

    def _range(self, name: str, vpc_id: pulumi.Input[str], cidr: str) -> pulumi.Output[str]:
        """The VPC id as known once a secondary range is part of the VPC."""
        association = aws.ec2.VpcIpv4CidrBlockAssociation(
            f"{name}-range", vpc_id=vpc_id, cidr_block=cidr, region=self._args["location"], opts=child(self)
        )
        return association.vpc_id

    def _routes(self, vpc_id: pulumi.Input[str]) -> AwsRoutesArgs:
        return {"location": self._args["location"], "vpc_id": vpc_id, "tags": self._args["tags"]}

    def _public(self, name: str, vpc_id: pulumi.Input[str]) -> AwsRoutes:
        internet = aws.ec2.InternetGateway(
            f"{name}-internet",
            vpc_id=vpc_id,
            region=self._args["location"],
            tags={**self._args["tags"], "Name": name},
            opts=child(self),
        )
        routes: AwsRoutesArgs = {**self._routes(vpc_id), "internet_gateway_id": internet.id}
        return AwsRoutes(f"{name}-public", routes, opts=child(self))

    def _private(self, name: str, vpc_id: pulumi.Input[str], tunnel: AwsSubnets, index: int) -> pulumi.Output[str]:
        """The route table of one zone's nodes and pods, with that zone's own NAT gateway."""
        zone, location = self._args["zones"][index], self._args["location"]
        tags = {**self._args["tags"], "Name": f"{name}-{zone}"}
        address = aws.ec2.Eip(f"{name}-nat-{zone}", domain="vpc", region=location, tags=tags, opts=child(self))
        nat = aws.ec2.NatGateway(
            f"{name}-nat-{zone}",
            allocation_id=address.id,
            connectivity_type="public",
            subnet_id=tunnel.ids[index],
            region=location,
            tags=tags,
            opts=child(self),
        )
        routes: AwsRoutesArgs = {**self._routes(vpc_id), "nat_gateway_id": nat.id}
        return AwsRoutes(f"{name}-{zone}", routes, opts=child(self)).route_table_id

    def _tier(
        self,
        name: str,
        vpc_id: pulumi.Input[str],
        ranges: list[str],
        tables: list[pulumi.Output[str]],
        tags: dict[str, str] | None = None,
    ) -> AwsSubnets:
        subnets: list[AwsSubnetArgs] = [
            {"zone": zone, "range": cidr, "route_table_id": table}
            for zone, cidr, table in zip(self._args["zones"], ranges, tables, strict=True)
        ]
        tier: AwsSubnetsArgs = {
            "location": self._args["location"],
            "vpc_id": vpc_id,
            "subnets": subnets,
            "tags": {**self._args["tags"], **(tags or {})},
        }
        return AwsSubnets(name, tier, opts=child(self))

    def _endpoints(
        self, name: str, vpc_id: pulumi.Input[str], subnets: AwsSubnets, tables: list[pulumi.Output[str]]
    ) -> None:
        AwsEndpoints(
            name,
            {
                "location": self._args["location"],
                "vpc_id": vpc_id,
                "subnet_ids": subnets.ids,
                "route_table_ids": [*tables],
                "callers": [self._args["network"], self._args["pods"], self._args["gateways"]],
                "tags": self._args["tags"],
            },
            opts=child(self),
        )

    def _log(self, name: str, vpc_id: pulumi.Input[str]) -> None:
        log: AwsFlowLogArgs = {
            "location": self._args["location"],
            "account": self._args["account"],
            "vpc_id": vpc_id,
            "log_group": self._args["log_group"],
            "tags": self._args["tags"],
        }
        if "permissions_boundary" in self._args:
            log["permissions_boundary"] = self._args["permissions_boundary"]
        AwsFlowLog(name, log, opts=child(self))


def _joined(parts: list[list[str]]) -> list[str]:
    return [item for part in parts for item in part]
