"""A region: one cloud, one location, one slot. The union is discriminated on `cloud`; no cloud has another's fields."""

from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field, StringConstraints

from meshfed.settings.cluster import Cluster, NewCluster
from meshfed.settings.gateway import GatewaySettings
from meshfed.settings.keys import PublicKey
from meshfed.settings.model import DnsLabel, HttpsUrl, Settings
from meshfed.settings.network import Network, NewNetwork
from meshfed.settings.patterns import AWS_ACCOUNT, AWS_POLICY, AWS_ROLE, AZURE_ID, GCP_ACCOUNT, GCP_PROJECT, PROXY_URL
from meshfed.values import Access, Cloud, Duty, LifeCycle

T = TypeVar("T", bound=Settings)


class AwsOwner(Settings):
    """An AWS account and the role that the deployer assumes in it."""

    account: Annotated[str, StringConstraints(pattern=AWS_ACCOUNT)]
    """Account id, 12 digits, in quotes."""
    role: Annotated[str, StringConstraints(pattern=AWS_ROLE)] | None = None
    """ARN of the role to assume; left out: the deployer's own identity."""

    @property
    def account_id(self) -> str:
        """What the cloud bills and isolates by."""
        return self.account


class AzureOwner(Settings):
    """An Azure subscription and the managed identity or application that deploys into it."""

    subscription: Annotated[str, StringConstraints(pattern=AZURE_ID)]
    """Subscription id."""
    tenant: Annotated[str, StringConstraints(pattern=AZURE_ID)]
    """Entra tenant id."""
    client: Annotated[str, StringConstraints(pattern=AZURE_ID)] | None = None
    """Client id of the identity to use; left out: the deployer's own."""

    @property
    def account_id(self) -> str:
        """What the cloud bills and isolates by."""
        return self.subscription


class GcpOwner(Settings):
    """A Google Cloud project and the service account that the deployer impersonates in it."""

    project: Annotated[str, StringConstraints(pattern=GCP_PROJECT)]
    """Project id."""
    impersonate: Annotated[str, StringConstraints(pattern=GCP_ACCOUNT)] | None = None
    """E-mail address of the service account to impersonate; left out: the deployer's own identity."""

    @property
    def account_id(self) -> str:
        """What the cloud bills and isolates by."""
        return self.project


class Owners(Settings, Generic[T]):
    """Who owns which part of a region; what is left out belongs to `default`."""

    default: T
    network: T | None = None
    cluster: T | None = None
    dns: T | None = None
    """Names: the private zones of a region in Azure. Region stacks make none in AWS and GCP."""
    trust: T | None = None
    kms: T | None = None

    def of(self, duty: Duty) -> T:
        """The owner of one part."""
        own: T | None = getattr(self, duty.value)
        return own or self.default


class PrivateSources(Settings):
    """Where the software of clusters comes from, instead of the public registries. Region stacks install none."""

    registries: dict[str, str] = {}
    """Container registries by the public name they stand for: `docker.io: mirror.acme.example/docker`."""
    charts: dict[str, HttpsUrl] = {}
    """Helm repositories by chart: `istio`, `spire`."""


class EgressProxy(Settings):
    """The proxy through which tunnel gateways, and nodes in AKS, reach the internet."""

    url: Annotated[str, StringConstraints(pattern=PROXY_URL)]
    """The proxy's address, without user and password."""
    except_for: tuple[str, ...] = ()
    """Hosts and ranges that are reached without it."""


class RegionBase(Settings):
    """What a region of every cloud has."""

    slot: int = Field(ge=0, strict=True)
    """The number that all ranges derive from; declared once, never reused, even after the region is retired."""
    state: LifeCycle = LifeCycle.ACTIVE
    """Where the region stands in its life."""
    epoch: int = Field(default=1, ge=1)
    """Raised by one when the region is rebuilt from nothing; peers then need its new keys pinned, with a grant."""
    offline_key: PublicKey | None = None
    """Public key (PEM, P-256) whose private part is kept offline and grants epochs after the first. Give it when the
    region is made: a key that comes together with the epoch that it grants proves nothing."""
    location: str = Field(min_length=1)
    """The cloud's name of the location: `us-east-1`, `eastus`, `us-east4`."""
    metro: DnsLabel | None = None
    """Regions of one metro are near one another; used in tables and pictures."""
    network: Network = NewNetwork()
    cluster: Cluster = NewCluster()
    gateways: GatewaySettings = GatewaySettings()
    access: Access = Access.RUNNER
    """From where the deployer reaches the private cluster endpoint. In Azure both `runner` and `tunnel` make the same:
    it is reached from the region's network."""
    proxy: EgressProxy | None = None
    """Proxy of the tunnel gateways, and of nodes in AKS. Nodes in EKS and GKE use none."""
    extra_ca: str | None = None
    """PEM certificates that tunnel gateways, and nodes in AKS, trust too. Nodes in EKS and GKE do not."""
    sources: PrivateSources = PrivateSources()
    """Registries and chart repositories of what is installed into the cluster; region stacks use none."""
    tags: dict[str, str] = {}
    """Tags (labels on GCP) beside those of the federation."""


class AwsRegion(RegionBase):
    """A region in AWS."""

    cloud: Literal[Cloud.AWS]
    owners: Owners[AwsOwner]
    zones: tuple[str, str, str] | None = None
    """Three availability zones; left out: the location's `a`, `b` and `c`."""
    permissions_boundary: Annotated[str, StringConstraints(pattern=AWS_POLICY)] | None = None
    """ARN of the permissions boundary that every role carries."""


class AzureAccountKeys(StrEnum):
    """Whether the region's own store in Azure knows shared keys beside Entra identities."""

    REFUSED = "refused"
    DEPLOYER = "deployer"


class AzureStoreSettings(Settings):
    """How the deployer writes a region's own store in Azure."""

    account_keys: AzureAccountKeys = AzureAccountKeys.REFUSED
    """`deployer` while Pulumi's provider signs with the account's key (pulumi-azure-native issue 2015)."""
    deployer_ranges: tuple[IPv4Network, ...] = ()
    """Public ranges that the deployer writes from, with `account_keys: deployer`; none: it is inside the network."""


class AzureRegion(RegionBase):
    """A region in Azure."""

    cloud: Literal[Cloud.AZURE]
    owners: Owners[AzureOwner]
    zones: tuple[str, str, str] = ("1", "2", "3")
    """Three availability zones."""
    store: AzureStoreSettings = AzureStoreSettings()
    """How the deployer writes the region's own store."""


class GcpRegion(RegionBase):
    """A region in Google Cloud."""

    cloud: Literal[Cloud.GCP]
    owners: Owners[GcpOwner]
    zones: tuple[str, str, str] | None = None
    """Three zones; left out: the location's `a`, `b` and `c`."""


Region = Annotated[AwsRegion | AzureRegion | GcpRegion, Field(discriminator="cloud")]
"""A region of the federation."""
