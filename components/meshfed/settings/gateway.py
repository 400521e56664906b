"""The pair of tunnel gateways of a region, and the pairs of regions whose tunnels differ from the rest."""

from typing import Annotated, Literal

from pydantic import Field

from meshfed.settings.model import HttpsUrl, RegionKeyText, Settings, kind_unless_given
from meshfed.values import Reroute, Transport, TunnelKind


class StockImage(Settings):
    """A stock Debian whose user data installs what is missing from the package mirror."""

    kind: Literal["stock"] = "stock"
    id: str | None = None
    """The image's id; left out: the cloud's current Debian image of the pinned release."""
    package_mirror: HttpsUrl | None = None
    """Debian mirror; left out: the image's own."""


class PreparedImage(Settings):
    """An image built from the recipe in the repository; its first boot installs nothing."""

    kind: Literal["prepared"]
    id: str = Field(min_length=1)
    """The cloud's id of the image."""


GatewayImage = Annotated[StockImage | PreparedImage, Field(discriminator="kind"), kind_unless_given("stock")]
"""What a tunnel gateway boots from."""


class GatewaySettings(Settings):
    """The two tunnel gateways."""

    size: str | None = None
    """The cloud's name of a machine size; left out: one with two processors and a steady network."""
    image: GatewayImage = StockImage()
    """What they boot from."""
    path_mtu: int = Field(default=1500, ge=1280, le=9216)
    """The largest packet the underlay carries to the internet, in bytes; 1460 on a GCP network left at its default."""
    network_mtu: int | None = Field(default=None, ge=1280, le=9001)
    """The largest packet the gateways' own network carries, in bytes; left out: 9001 in AWS, 1500 in Azure, and in GCP
    `path_mtu` up to 1500 (1460 on an existing network). More is of use with an interconnect."""


class PairSettings(Settings):
    """What differs for the tunnels between two regions."""

    between: tuple[RegionKeyText, RegionKeyText]
    """The two regions."""
    kind: TunnelKind | None = None
    transport: Transport | None = None
    path_mtu: int | None = Field(default=None, ge=1280, le=9216)
    """The largest packet the path between them carries, in bytes; at most what both ends' networks carry."""


class TunnelSettings(Settings):
    """The tunnels between regions: every pair of regions has four."""

    kind: TunnelKind = TunnelKind.WIREGUARD
    """What encrypts them."""
    transport: Transport = Transport.INTERNET
    """What carries them. With `interconnect` gateways dial each other's private addresses; the link between the tunnel
    subnets, and its routes, are yours (guide "From local to a real cloud")."""
    reroute: Reroute = Reroute.ONE_HOP
    """Whether a dead pair is gone around through a third region."""
    pairs: tuple[PairSettings, ...] = ()
    """Pairs of regions that differ."""
    rotate_days: int = Field(default=30, ge=1, le=365)
    """Age at which a gateway makes a new tunnel key, in days."""
