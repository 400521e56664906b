"""The whole federation: the root of the settings file."""

from typing import Annotated

from pydantic import Field, StringConstraints

from meshfed.settings.gateway import TunnelSettings
from meshfed.settings.lifetimes import Lifetimes
from meshfed.settings.model import DnsName, RegionKeyText, Settings
from meshfed.settings.network import AddressPools
from meshfed.settings.patterns import FEDERATION_NAME
from meshfed.settings.region import Region
from meshfed.settings.services import ServiceGraph
from meshfed.settings.trust import Distribution


class LatencySlo(Settings):
    """A promise about the time between regions."""

    between: tuple[RegionKeyText, ...] = Field(min_length=2)
    """The regions; the promise is for every pair of them."""
    p99_ms: float = Field(gt=0)
    """Round trip of 99 of 100 requests, in milliseconds."""


class Naming(Settings):
    """How physical names are made where another system must know them."""

    template: str = "{federation}-{region}-{role}"
    """Made of `{federation}`, `{region}` and `{role}`, each at least once, and of letters, digits and hyphens."""


class Federation(Settings):
    """A federation of regions in AWS, Azure and Google Cloud."""

    name: Annotated[str, StringConstraints(pattern=FEDERATION_NAME)]
    """Short name: 2 to 15 lower-case letters and digits."""
    trust_domain: DnsName
    """Parent of the regions' trust domains: region `use1` is `use1.<trust_domain>`."""
    tags: dict[str, str] = Field(min_length=1)
    """Mandatory tags (labels on GCP) of everything that can carry one."""
    naming: Naming = Naming()
    pools: AddressPools = AddressPools()
    tunnels: TunnelSettings = TunnelSettings()
    distribution: Distribution
    lifetimes: Lifetimes = Lifetimes()
    slos: tuple[LatencySlo, ...] = ()
    """Promises about latency; one below what light in fibre needs is refused."""
    regions: dict[RegionKeyText, Region] = Field(min_length=2)
    """The regions by key; at least two."""
    services: ServiceGraph = ServiceGraph()
    """Tenants, services and who may call whom."""
