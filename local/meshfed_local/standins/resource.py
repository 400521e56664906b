"""What a rule is given, and the shape of a rule."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.world import World


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that the engine asks about; values are plain (secrets unwrapped) or `UNKNOWN`."""

    token: str
    """`aws:ec2/subnet:Subnet`, `azure-native:network:Subnet`, `gcp:compute/subnetwork:Subnetwork`."""
    urn: str
    name: str
    """Logical name, the last part of the URN."""
    inputs: Mapping[str, Any]
    """Keys as on the wire (`cidrBlock`), physical name filled in."""
    old_inputs: Mapping[str, Any] | None
    """What the last deployment asked for; None when the resource is new."""
    provider_config: Mapping[str, Any]
    """The provider's own settings (`region`, `project`, `subscriptionId`, `defaultTags` …), plain."""


Rule = Callable[[Resource, World], Iterator[Fault]]
"""Yields one `Fault` for each thing the cloud would refuse; silent when it holds or can't be told yet.

A rule may read the world (`world.records(token)`), where the resource itself (`resource.urn`) may stand
already with the values of the last deployment: leave that record out of any comparison.
"""
