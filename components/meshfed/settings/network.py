"""Addresses and networks: the federation's pools, a region's own ranges, and networks that exist already."""

from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from meshfed.settings.model import PrivateNetwork, Settings, kind_unless_given, prefix_between


class AddressPools(Settings):
    """The pools that every region's ranges are cut from, by slot. Change them only before the first deploy."""

    networks: PrivateNetwork = Field(default=IPv4Network("10.0.0.0/9"))
    """A /16 for each slot: nodes, endpoints and databases in its lower half, service addresses in its upper half."""
    pods: PrivateNetwork = Field(default=IPv4Network("10.128.0.0/9"))
    """A /16 for each slot."""
    gateways: PrivateNetwork = Field(default=IPv4Network("100.64.0.0/17"))
    """A /24 for each slot: tunnel gateways and east-west load balancers, the only addresses that cross a tunnel."""
    tunnels: PrivateNetwork = Field(default=IPv4Network("100.66.0.0/15"))
    """A /31 for each tunnel and key generation; 16 addresses for each pair of regions."""
    reserved: tuple[PrivateNetwork, ...] = ()
    """Ranges of the company that no region may touch."""


class RangeOverrides(Settings):
    """Ranges that a corporate IPAM gave this region, instead of those of its slot."""

    network: Annotated[PrivateNetwork, AfterValidator(prefix_between(16, 20))] | None = None
    """Nodes, endpoints and databases: a /16 to /20."""
    pods: Annotated[PrivateNetwork, AfterValidator(prefix_between(12, 20))] | None = None
    """A /12 to /20."""
    services: Annotated[PrivateNetwork, AfterValidator(prefix_between(16, 22))] | None = None
    """Kubernetes service addresses: a /16 to /22."""
    gateways: Annotated[PrivateNetwork, AfterValidator(prefix_between(24, 24))] | None = None
    """Tunnel gateways and east-west load balancers: exactly a /24."""


class NewNetwork(Settings):
    """A network that this region's stack creates."""

    kind: Literal["new"] = "new"
    ranges: RangeOverrides = RangeOverrides()
    """Ranges from a corporate IPAM; what is left out comes from the slot."""


class ExistingSubnet(Settings):
    """A subnet that stands already."""

    id: str = Field(min_length=1)
    """The cloud's id: a subnet id (AWS), an ARM id (Azure) or a self link (GCP)."""
    range: PrivateNetwork
    """Its primary range."""


class PrivateZones(Settings):
    """Private DNS zones of Azure that a network reads already, by ARM id; a network reads one zone of each name."""

    blob: str | None = Field(default=None, min_length=1)
    """`privatelink.blob.core.windows.net`; left out: the stack makes it."""
    vault: str | None = Field(default=None, min_length=1)
    """`privatelink.vaultcore.azure.net`; left out: the stack makes it."""


class ExistingNetwork(Settings):
    """A network that stands already; the stack adds gateways, rules and routes to it and changes nothing else of it."""

    kind: Literal["existing"]
    id: str = Field(min_length=1)
    """The cloud's id: a VPC id (AWS), the VNet's ARM id (Azure) or the network's self link (GCP)."""
    network: PrivateNetwork
    """The range that holds its node subnets."""
    pods: PrivateNetwork
    """Range of the pods."""
    services: PrivateNetwork
    """Kubernetes service addresses."""
    gateways: PrivateNetwork
    """A /24 whose subnets hold the tunnel gateways and the east-west load balancers."""
    node_subnets: tuple[ExistingSubnet, ...] = Field(min_length=1)
    """One a zone on AWS, one on Azure and GCP."""
    pod_subnets: tuple[ExistingSubnet, ...] = ()
    """One a zone on AWS; none on Azure and GCP."""
    tunnel_subnets: tuple[ExistingSubnet, ...] = Field(min_length=1)
    """Where the tunnel gateways stand: one a zone on AWS, one on Azure and GCP."""
    east_west_subnets: tuple[ExistingSubnet, ...] = Field(min_length=1)
    """Where the east-west load balancers stand: one a zone on AWS, one on Azure and GCP."""
    endpoint_subnets: tuple[ExistingSubnet, ...] = Field(min_length=1)
    """Where private endpoints and control-plane addresses stand: one a zone on AWS, one on Azure and GCP.

    A new cluster on Azure takes a second one, empty and delegated to it, for its API server.
    """
    route_tables: tuple[str, ...] = Field(min_length=1)
    """Route tables that send the federation's gateway addresses to the tunnel gateways (GCP: the network itself)."""
    private_zones: PrivateZones = PrivateZones()
    """Azure alone: private DNS zones that are linked to the network already."""


Network = Annotated[NewNetwork | ExistingNetwork, Field(discriminator="kind"), kind_unless_given("new")]
"""A region's network: created by its stack, or there already."""
