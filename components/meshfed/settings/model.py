"""The base of every settings model: frozen, no unknown keys, docstrings become descriptions of the JSON Schema."""

from collections.abc import Callable
from ipaddress import IPv4Network
from typing import Annotated, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from meshfed.settings.patterns import DNS_LABEL, DNS_NAME, HTTPS_URL, REGION_KEY


class Settings(BaseModel):
    """A frozen part of a settings file that refuses keys it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True, allow_inf_nan=False
    )


def kind_unless_given(default: str) -> BeforeValidator:
    """Makes the default of a union's first member real: a mapping without `kind` is read as of that kind."""

    def give(value: object) -> object:
        if not isinstance(value, dict) or "kind" in value:
            return cast("object", value)
        return {"kind": default, **cast("dict[str, object]", value)}

    return BeforeValidator(give)


def _is_private(network: IPv4Network) -> IPv4Network:
    if not network.is_private and not network.subnet_of(IPv4Network("100.64.0.0/10")):
        raise ValueError("must be private (RFC 1918) or shared (RFC 6598) address space")
    return network


def prefix_between(shortest: int, longest: int) -> Callable[[IPv4Network], IPv4Network]:
    """A check that a network is neither larger than /`shortest` nor smaller than /`longest`."""
    wanted = f"must be a /{shortest}" if shortest == longest else f"must be a /{shortest} to /{longest}"

    def check(network: IPv4Network) -> IPv4Network:
        if not shortest <= network.prefixlen <= longest:
            raise ValueError(wanted)
        return network

    return check


PrivateNetwork = Annotated[IPv4Network, AfterValidator(_is_private)]
"""An IPv4 network that is never routed on the internet."""

RegionKeyText = Annotated[str, StringConstraints(pattern=REGION_KEY)]
"""A region's key, `use1`: 2 to 8 lower-case letters and digits, the first a letter (interface names hold 15)."""

DnsName = Annotated[
    str,
    StringConstraints(max_length=253, pattern=DNS_NAME),
]
"""A DNS name of at least two labels, lower case, no dot at the end."""

DnsLabel = Annotated[str, StringConstraints(pattern=DNS_LABEL)]
"""One DNS label (RFC 1123): 1 to 63 lower-case letters, digits and inner hyphens."""

HttpsUrl = Annotated[str, StringConstraints(pattern=HTTPS_URL)]
"""An address that begins with `https://`."""
