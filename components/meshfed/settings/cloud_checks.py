"""What one cloud wants of a region's settings: who administers and owns it, how its store is written, name lengths."""

import re
from collections.abc import Iterator
from typing import Any

from meshfed.errors import Fault
from meshfed.settings.certificates import pem_fault
from meshfed.settings.raw import entries, items, mapping
from meshfed.settings.region import AzureAccountKeys
from meshfed.values import Cloud

UNCUT_ROLES = ("break-glass", "bundle", "flow", "peer", "ready", "subnets")
"""Parts of a region whose physical names no component shortens; a test compares them with the components."""
UNCUT_LIMIT = 128
"""Characters of the shortest of their limits: an SSM document's name (AWS Systems Manager API, CreateDocument)."""
_ADMINISTRATORS = {
    Cloud.AWS.value: (
        r"arn:aws[a-z-]*:iam::\d{12}:role/.+",
        "the ARN of an IAM role",
        "arn:aws:iam::ACCOUNT:role/NAME",
    ),
    Cloud.AZURE.value: (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "the object id of an Entra group", "a UUID"),
    Cloud.GCP.value: (r"[^@\s:]+@[^@\s:]+\.[a-z]+", "the e-mail address of a Google group", "group@acme.example"),
}


def cloud_faults(path: str, region: dict[str, Any]) -> Iterator[Fault]:
    """Faults of one region against the rules of its cloud."""
    yield from _administrators(path, region)
    yield from _domains(path, region)
    yield from _owners(path, region)
    yield from _store(path, region)
    yield from _private_zones(path, region)
    text = region.get("extra_ca")
    problem = pem_fault(text) if isinstance(text, str) else None
    if problem:
        yield Fault(f"{path}.extra_ca", "", *problem)


def name_faults(raw: object, template: str) -> Iterator[Fault]:
    """Names that come out longer than AWS takes, by the longest key of a region there."""
    keys = [key for key, region in entries(raw, "regions") if region.get("cloud") == Cloud.AWS.value]
    key, role = max(keys, key=len, default=""), max(UNCUT_ROLES, key=len)
    name = template.format(federation=mapping(raw).get("name"), region=key, role=role)
    if keys and len(name) > UNCUT_LIMIT:
        wanted = f"makes a name of {len(name)} characters for {role} of {key}; aws takes {UNCUT_LIMIT}."
        yield Fault("naming.template", template, wanted, "Write {federation}-{region}-{role}.")


def _administrators(path: str, region: dict[str, Any]) -> Iterator[Fault]:
    pattern, wanted, example = _ADMINISTRATORS.get(str(region.get("cloud")), (".*", "", ""))
    seen: set[str] = set()
    for position, one in items(region, "cluster", "administrators"):
        if not isinstance(one, str):
            continue
        where = f"{path}.cluster.administrators[{position}]"
        if not re.fullmatch(pattern, one):
            yield Fault(where, one, f"{wanted} is wanted here.", f"Write {example}.")
        elif one in seen:
            yield Fault(where, one, "is named twice.", "Keep one.")
        seen.add(one)


def _domains(path: str, region: dict[str, Any]) -> Iterator[Fault]:
    """A cluster reads the groups of one domain: those in its group gke-security-groups."""
    if region.get("cloud") != Cloud.GCP.value:
        return
    first = ""
    for position, one in items(region, "cluster", "administrators"):
        domain = one.rpartition("@")[2] if isinstance(one, str) else ""
        first = first or domain
        if domain and domain != first:
            where, problem = f"{path}.cluster.administrators[{position}]", f"is not of {first}, as the first group is;"
            yield Fault(where, str(one), f"{problem} a cluster takes groups of one domain.", f"Use groups of {first}.")


def _owners(path: str, region: dict[str, Any]) -> Iterator[Fault]:
    """A role makes things in its own account; identities of one tenant are unknown to another."""
    tenant = mapping(region, "owners", "default").get("tenant")
    for duty, owner in entries(region, "owners"):
        account, role, own = owner.get("account"), owner.get("role"), owner.get("tenant")
        found = re.fullmatch(r"arn:aws[a-z-]*:iam::(\d{12}):role/.+", role) if isinstance(role, str) else None
        if found and isinstance(account, str) and found[1] != account:
            problem = f"is a role of account {found[1]}; this owner's account is {account}."
            yield Fault(f"{path}.owners.{duty}.role", found[0], problem, "Name a role of that account.")
        if isinstance(own, str) and isinstance(tenant, str) and own != tenant:
            problem = f"is not the default owner's tenant {tenant}; a region has one tenant."
            yield Fault(f"{path}.owners.{duty}.tenant", own, problem, "Use a subscription of that tenant.")


def _store(path: str, region: dict[str, Any]) -> Iterator[Fault]:
    store = mapping(region, "store")
    refused = AzureAccountKeys.REFUSED.value
    if store.get("deployer_ranges") and store.get("account_keys", refused) == refused:
        problem = "opens the store to a deployer that account_keys: refused keeps from writing."
        yield Fault(f"{path}.store.deployer_ranges", "", problem, "Write account_keys: deployer, or leave it out.")


def _private_zones(path: str, region: dict[str, Any]) -> Iterator[Fault]:
    zones = mapping(region, "network", "private_zones")
    if zones and region.get("cloud") != Cloud.AZURE.value:
        yield Fault(f"{path}.network.private_zones", "", "is for regions in azure.", "Leave it out.")
    for name, domain in (("blob", "privatelink.blob.core.windows.net"), ("vault", "privatelink.vaultcore.azure.net")):
        zone = zones.get(name)
        if isinstance(zone, str) and not re.fullmatch(f"/subscriptions/.+/privateDnsZones/{re.escape(domain)}", zone):
            problem = f"the ARM id of a private DNS zone {domain} is wanted here."
            yield Fault(f"{path}.network.private_zones.{name}", zone, problem, "")
