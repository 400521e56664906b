"""Trust domains: one a region, none forged, none under a second name, and every import in the domain of its region."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from meshfed.rules.istio.objects import MESH_CONFIG, SERVICE_ENTRY
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.plain import Plain
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters
from meshfed.topology.plan import Plan

_SPIFFE: Final = re.compile(r"spiffe://([A-Za-z0-9._-]+)")


def _names_only_our_domains(plan: Plan, stacks: Sequence[Stack], _: GateParameters) -> Iterator[Finding]:
    ours = {region.trust_domain for region in plan.regions.values()}
    for stack in stacks:
        for resource in stack.resources:
            for path, text in _texts(resource.props.value, resource.props.path):
                for domain in _SPIFFE.findall(text):
                    if domain.lower() not in ours:
                        yield Finding(path, f"names the trust domain {domain}, which no region has", urn=resource.urn)


def _a_mesh_has_its_own_domain(_plan: Plan, stacks: Sequence[Stack], _: GateParameters) -> Iterator[Finding]:
    """Two meshes of one trust domain accept each other's identities, whatever their clusters."""
    owners: dict[str, tuple[str, str]] = {}
    for stack in stacks:
        for cluster in stack.clusters():
            for config in cluster.of(MESH_CONFIG):
                node = config.props["trustDomain"]
                domain, here = node.text(), (stack.name, config.provider)
                owner = owners.setdefault(domain, here)
                # A domain of no region at all is for MF-I23.
                if domain and owner != here:
                    yield node.wrong(f"is {domain}, which another mesh ({owner[0]}) has; the two would be one")


def _imports_pin_their_region(plan: Plan, stacks: Sequence[Stack], _: GateParameters) -> Iterator[Finding]:
    for stack in stacks:
        for entry in stack.of(SERVICE_ENTRY):
            yield from each(
                entry.props["spec"]["endpoints"].items(), lambda place, entry=entry: _pinned(plan, entry, place)
            )


def _pinned(plan: Plan, entry: Resource, endpoint: Node) -> Iterator[Finding]:
    """Identities of an import against the region that its endpoint is in."""
    region = plan.regions.get(endpoint["network"].text())
    names = entry.props["spec"]["subjectAltNames"]
    if region is None or names.is_absent:
        return
    networks = {place["network"].text() for place in entry.props["spec"]["endpoints"].items()}
    domains = {plan.regions[key].trust_domain for key in networks if key in plan.regions}
    for name in names.items():
        found = _SPIFFE.match(name.text())
        if found is None or found.group(1) not in domains:
            yield name.wrong(f"is not an identity of {', '.join(sorted(domains))}, where the endpoints are")
    if not any(name.text().startswith(f"spiffe://{region.trust_domain}/") for name in names.items()):
        yield endpoint.wrong(f"is in {region.key}, and no identity of {region.trust_domain} is pinned")


def _texts(value: Plain, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _texts(member, f"{path}.{key}" if path else key)
    elif isinstance(value, Sequence):
        for index, member in enumerate(value):
            yield from _texts(member, f"{path}[{index}]")


RULES: Final = (
    Rule(
        id="MF-F1",
        title="Every trust domain is one of the federation's, and each mesh has its own",
        why="An identity of a foreign or doubled trust domain is accepted as if one of our regions had issued it.",
        mend="Use the trust domain of the region: its key, a dot, and the settings' trust_domain.",
        packs=(Pack.FEDERATION,),
        plan_checks=(_names_only_our_domains, _a_mesh_has_its_own_domain),
        controls=("NIST SP 800-207 tenet 6", "NIST SP 800-53 IA-3"),
        weaker="Reads identities where they are written out; one that a program builds while it runs is not seen.",
    ),
    Rule(
        id="MF-F2",
        title="An import pins identities of the region that it leads to",
        why="A gateway of one region could answer for services of another, with a certificate that is its own.",
        mend="List in spec.subjectAltNames the identities of the endpoints' own regions, each in full.",
        packs=(Pack.FEDERATION,),
        plan_checks=(_imports_pin_their_region,),
        controls=("NIST SP 800-53 IA-9",),
        weaker="An endpoint belongs to a region by its `network`; imports without one are for MF-I39.",
    ),
)
