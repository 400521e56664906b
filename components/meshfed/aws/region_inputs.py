"""What one region in AWS needs. Every text and number of it comes from the plan; `arguments` makes it."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi_aws as aws

from meshfed.aws.break_glass import AwsBreakGlassArgs
from meshfed.aws.cluster import AwsClusterSettingsArgs
from meshfed.aws.gateway_firewall import AwsGatewayFirewallSettingsArgs
from meshfed.aws.gateway_identity import AwsGatewayIdentityArgs
from meshfed.aws.gateway_pair import AwsGatewaySettingsArgs
from meshfed.aws.network import AwsNetworkArgs
from meshfed.aws.readiness import AwsReadinessArgs
from meshfed.aws.store_objects import AwsAgentReleaseArgs


class AwsExistingNetworkArgs(TypedDict):
    """A VPC that stands already."""

    vpc_id: str
    """Id of the VPC."""
    node_subnet_ids: list[str]
    """Subnets of the nodes, one a zone."""
    pod_subnet_ids: list[str]
    """Subnets of the pods, one a zone."""
    tunnel_subnet_ids: list[str]
    """Public subnets of the tunnel gateways, one a zone."""
    control_subnet_ids: list[str]
    """Subnets of the control plane, one a zone."""
    route_table_ids: list[str]
    """Route tables that learn the way to other regions."""


class AwsExistingClusterArgs(TypedDict):
    """A cluster that stands already."""

    name: str
    """Its name."""
    arn: str
    """Its ARN."""
    issuer: str
    """Its OIDC issuer."""


class AwsKeysSettingsArgs(TypedDict):
    """What the plan says of the signing keys."""

    account: str
    """Account that owns them."""
    peer_alias: str
    """Alias of the key for peer documents."""
    bundle_alias: str
    """Alias of the key for trust bundles."""


class AwsStoreSettingsArgs(TypedDict):
    """What the plan says of the region's own store."""

    account: str
    """Account that owns it."""
    bucket: str
    """Name of the bucket."""
    writer_role_arn: NotRequired[str]
    """Role of the deployer; left out: whoever deploys now."""


class AwsDocumentsArgs(TypedDict):
    """What the two gateways are told."""

    texts: list[str]
    """Gateway documents of a and b."""
    router_placeholders: list[str]
    """What stands in them for the addresses of the route server's endpoints."""


class AwsRegionArgs(TypedDict):
    """What one region needs; `meshfed.aws.arguments.region_args` makes it from the plan."""

    location: str
    """The AWS location."""
    account: str
    """Account of network and gateways."""
    zones: list[str]
    """Three availability zones."""
    network: NotRequired[AwsNetworkArgs]
    """The VPC to create; left out where one stands already."""
    existing_network: NotRequired[AwsExistingNetworkArgs]
    """The VPC that stands already; exactly one of the two is given."""
    share: NotRequired[str]
    """Name of the share of subnets; given where network and cluster belong to different accounts."""
    cluster: NotRequired[AwsClusterSettingsArgs]
    """The cluster to create; left out where one stands already."""
    existing_cluster: NotRequired[AwsExistingClusterArgs]
    """The cluster that stands already; exactly one of the two is given."""
    identity: AwsGatewayIdentityArgs
    """Role of the gateways."""
    publisher_role_arn: NotRequired[str]
    """Role in the distribution's account that writes the gateways' peer documents."""
    gateways: AwsGatewaySettingsArgs
    """The pair of gateways."""
    firewall: AwsGatewayFirewallSettingsArgs
    """Who may send to them."""
    break_glass: AwsBreakGlassArgs
    """The way onto them in an emergency."""
    readiness: AwsReadinessArgs
    """The check of a new one."""
    keys: AwsKeysSettingsArgs
    """The signing keys."""
    store: AwsStoreSettingsArgs
    """The region's own store."""
    release: AwsAgentReleaseArgs
    """The agent's release."""
    documents: AwsDocumentsArgs
    """What the gateways are told."""
    tags: dict[str, str]
    """Tags."""
    providers: NotRequired[Mapping[str, aws.Provider]]
    """Provider of each part's account: network, cluster, trust, kms; what is left out: the region's own."""
