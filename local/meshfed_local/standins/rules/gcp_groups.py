"""What Google Cloud refuses about managed instance groups and the templates of their machines.

Sources: Compute Engine "Create instance templates", "Basic scenarios for creating MIGs", "Apply new VM configurations"
(replacement method), "Set up an application-based health check"; Compute API reference.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.addresses import host_fault, taken_fault
from meshfed_local.standins.rules.gcp_compute import health_check, metadata_fits
from meshfed_local.standins.rules.gcp_network import (
    GROUP,
    RESERVED,
    TEMPLATE,
    held_addresses,
    subnet_of,
    template_of,
)
from meshfed_local.standins.rules.reading import at, found, network, number, objects, others, text, texts
from meshfed_local.standins.rules.shapes import matches, within
from meshfed_local.standins.world import World

_PUBLIC: Final = "networkInterfaces[].accessConfigs[].natIp"
_PRIVATE: Final = "networkInterfaces[].networkIp"


def template_fits_its_subnet(resource: Resource, world: World) -> Iterator[Fault]:
    """A template is of its subnet's region; an address in it is of the subnet's primary range."""
    for place, interface in objects(resource.inputs, "networkInterfaces[]"):
        subnet = subnet_of(world, at(interface, "subnetwork"))
        if subnet is None:
            continue
        region, space = text(subnet.inputs, "region"), network(text(subnet.inputs, "ipCidrRange"))
        mine = text(resource.inputs, "region")
        if mine and region and mine != region:
            yield Fault("region", f"{mine} is not {region}, the subnet's region", region)
        for name, value in texts(interface, "networkIp"):
            if space is not None and re.fullmatch(r"\d+(\.\d+){3}", value):
                yield from host_fault(f"{place}.{name}", value, space, RESERVED)


def group_is_of_its_templates_region(resource: Resource, world: World) -> Iterator[Fault]:
    """A group's zone is of the region of a regional template."""
    for _, version in objects(resource.inputs, "versions[]"):
        template = template_of(world, version)
        region, zone = text(template.inputs, "region") if template else "", text(resource.inputs, "zone")
        if region and zone and not zone.startswith(f"{region}-"):
            yield Fault("zone", f"{zone} is not in {region}, the template's region", f"a zone of {region}")


def fixed_addresses_are_on_one_machine(resource: Resource, world: World) -> Iterator[Fault]:
    """A group whose template names an address has one machine, which goes before the next one comes."""
    taken = held_addresses(world, resource)
    public = {
        value: one.name
        for one in others(world, resource, GROUP)
        for _, version in objects(one.inputs, "versions[]")
        if (template := template_of(world, version))
        for _, value in texts(template.inputs, _PUBLIC)
    }
    for place, version in objects(resource.inputs, "versions[]"):
        template = template_of(world, version)
        if template is None:
            continue
        inputs = template.inputs
        fixed = [*texts(inputs, _PRIVATE), *texts(inputs, _PUBLIC)]
        if fixed and (number(resource.inputs, "targetSize") or 0) > 1:
            yield Fault("targetSize", f"more than one machine would have {fixed[0][1]}", "1")
        if fixed and text(resource.inputs, "updatePolicy.replacementMethod") != "RECREATE":
            wanted = "RECREATE: the old machine gives it up first"
            yield Fault("updatePolicy.replacementMethod", f"two machines may want {fixed[0][1]} at a time", wanted)
        for _, value in texts(inputs, _PRIVATE):
            yield from taken_fault(f"{place}.instanceTemplate", value, taken)
        for _, value in texts(inputs, _PUBLIC):
            if value in public:
                yield Fault(
                    f"{place}.instanceTemplate", f"{value} is in use by {public[value]}", "an address of its own"
                )


def machines_that_keep_their_name_go_first(resource: Resource, _world: World) -> Iterator[Fault]:
    """With RECREATE there is no surge, and a machine may be away."""
    if text(resource.inputs, "updatePolicy.replacementMethod") != "RECREATE":
        return
    if number(resource.inputs, "updatePolicy.maxSurgeFixed") != 0:
        yield Fault("updatePolicy.maxSurgeFixed", "RECREATE knows no surge", "0")
    if not any(number(resource.inputs, f"updatePolicy.maxUnavailable{kind}") for kind in ("Fixed", "Percent")):
        yield Fault("updatePolicy.maxUnavailableFixed", "RECREATE takes a machine away first", "at least 1")


def one_version_takes_the_rest(resource: Resource, _world: World) -> Iterator[Fault]:
    """Exactly one version has no target size."""
    versions = list(found(resource.inputs, "versions[]"))
    open_ended = [place for place, version in versions if at(version, "targetSize") is None]
    if len(open_ended) != 1:
        yield Fault("versions", f"{len(open_ended)} versions have no targetSize", "exactly one")


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    TEMPLATE: (metadata_fits, template_fits_its_subnet),
    GROUP: (
        matches("baseInstanceName", r"[a-z]([-a-z0-9]{0,56}[a-z0-9])?", "1 to 58 of a-z 0-9 -, a letter first"),
        within("autoHealingPolicies.initialDelaySec", 0, 3600, "instanceGroupManagers.insert"),
        group_is_of_its_templates_region,
        fixed_addresses_are_on_one_machine,
        machines_that_keep_their_name_go_first,
        one_version_takes_the_rest,
    ),
    "gcp:compute/healthCheck:HealthCheck": health_check("healthChecks.insert"),
}
