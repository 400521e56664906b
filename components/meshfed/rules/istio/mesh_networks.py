"""The gateways by which a mesh reaches its other networks (MF-I39)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from meshfed.rules.forms.helm import ISTIOD
from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.node import Finding, Network, Node, WrongTypeError, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

_NAME: Final = "meshNetworks"
_INSIDE: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
"""Ranges that nobody reaches over the internet; of the last but one the tunnels' gateways have theirs."""
_PAST: Final = "leads to another network past the tunnels, by an address of the internet"


def _map_stays_inside(config: Resource, _: GateParameters) -> Iterator[Finding]:
    text = config.props["data"][_NAME]
    if text.is_missing or not (config.name == "istio" or config.name.startswith("istio-")):
        return
    found = documents(text.text())
    if len(found) > 1 or not all(isinstance(one, Mapping) for one in found):
        raise WrongTypeError(text.path, "one object in YAML", text.urn)
    yield from _stay_inside(replace(text, value=found[0] if found else {})["networks"])


def _chart_stays_inside(chart: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _stay_inside(chart.props["global"][_NAME])


def _stay_inside(networks: Node) -> Iterator[Finding]:
    for _, network in networks.entries():
        yield from each(network["gateways"].items(), _stays_inside)


def _stays_inside(gateway: Node) -> Iterator[Finding]:
    address = gateway["address"]
    if address.is_absent:
        return
    network = address.network()
    if network is None or not any(_is_within(network, ip_network(one)) for one in _INSIDE):
        yield address.wrong(_PAST)


def _is_within(network: Network, other: Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(other, IPv4Network) and network.subnet_of(other)
    return isinstance(other, IPv6Network) and network.subnet_of(other)


MESH_NETWORKS: Final[Mapping[str, tuple[Check, ...]]] = {
    "core/ConfigMap": (_map_stays_inside,),
    ISTIOD: (_chart_stays_inside,),
}
"""Checks of MF-I39 about gateways of other networks, by kind."""
