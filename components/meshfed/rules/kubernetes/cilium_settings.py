"""Cilium's own settings: that it enforces network policies at all, wherever the settings are written."""

from collections.abc import Iterator, Mapping
from typing import Final

from meshfed.rules.node import Finding, Node
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

_CONFIG: Final = "cilium-config"
_OFF: Final = "no network policy is enforced"
_AUDITS: Final = "what a network policy refuses is let through, and only written down"


def _map_enforces(config: Resource, _: GateParameters) -> Iterator[Finding]:
    data = config.props["data"]
    given = [data[name] for name in ("enable-policy", "policy-audit-mode") if not data[name].is_missing]
    if given and config.name == _CONFIG:
        yield from _enforces(data)


def _node_enforces(config: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _enforces(config.props["spec"]["defaults"])


def _enforces(data: Node) -> Iterator[Finding]:
    yield from _is_on(data["enable-policy"], data["policy-audit-mode"])


def _chart_enforces(chart: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _is_on(chart.props["policyEnforcementMode"], chart.props["policyAuditMode"])
    yield from _enforces(chart.props["extraConfig"])


def _is_on(mode: Node, audit: Node) -> Iterator[Finding]:
    if mode.text("default").lower() == "never":
        yield mode.wrong(_OFF)
    if audit.flag():
        yield audit.wrong(_AUDITS)


CILIUM_SETTINGS: Final[Mapping[str, tuple[Check, ...]]] = {
    "core/ConfigMap": (_map_enforces,),
    "cilium.io/CiliumNodeConfig": (_node_enforces,),
    "helm:cilium": (_chart_enforces,),
}
"""Checks of MF-K6 about Cilium's settings, by kind."""
