"""What no single setting shows: slots taken twice, references to nothing, names and tags that a cloud would refuse."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from meshfed.errors import Fault
from meshfed.settings.cloud_checks import cloud_faults, name_faults
from meshfed.settings.cluster import DEFAULT_MAXIMUM, DEFAULT_MINIMUM
from meshfed.settings.faults import EMPTY_KEY, nearest
from meshfed.settings.locations import LOCATIONS
from meshfed.settings.raw import entries, items, mapping
from meshfed.values import Access, Cloud, LifeCycle

TEMPLATE_FIELDS = ("federation", "region", "role")
_LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
AWS_TAG_KEY, AWS_TAG_VALUE, AZURE_TAG_VALUE = 128, 256, 256
"""Longest tag key and values in characters (Tagging AWS resources; Azure Resource Manager limits)."""
_AWS_TAG_TEXT = re.compile(r"[\w .:/=+\-@]*")
OWN_TAGS = frozenset({"meshfed-federation", "meshfed-region"})
"""What a region's plan adds to the tags of its settings."""
TAGS = {
    Cloud.AWS.value: (10, "an object in S3"),
    Cloud.AZURE.value: (15, "a private DNS zone"),
    Cloud.GCP.value: (64, "a resource"),
}
"""How many tags the resource takes that takes fewest (S3 PutObjectTagging; Azure "Tag support", DNS; GCP "Labels")."""


def region_faults(raw: object) -> Iterator[Fault]:
    """Faults between the regions of a file and between regions and what refers to them."""
    found = [*_count(raw), *_slots(raw), *_references(raw), *_naming(raw), *_distribution(raw)]
    for key, region in entries(raw, "regions"):
        for check in (_location, _zones, _access, _subnets, _nodes, cloud_faults, _tags(raw)):
            found += check(f"regions.{key}", region)
    # What is wrong with a tag of the federation is found again in every region.
    yield from dict.fromkeys(found)


def _count(raw: object) -> Iterator[Fault]:
    states = [region.get("state") for _, region in entries(raw, "regions")]
    left = [state for state in states if state != LifeCycle.RETIRED.value]
    if len(left) < 2 <= len(states):
        wanted = f"{'only one' if left else 'none'} is not retired; a federation has at least two regions."
        yield Fault("regions", "", wanted, "Add a region.")


def _slots(raw: object) -> Iterator[Fault]:
    taken: dict[int, str] = {}
    slots = [region.get("slot") for _, region in entries(raw, "regions")]
    free = [str(slot) for slot in range(128) if slot not in slots][:4]
    for key, region in entries(raw, "regions"):
        slot = region.get("slot")
        if not isinstance(slot, int) or isinstance(slot, bool):
            continue
        if slot not in taken:
            taken[slot] = key
            continue
        other = taken[slot]
        retired = mapping(raw, "regions", other).get("state") == LifeCycle.RETIRED.value
        problem = (
            f"belonged to {other}, which is retired; a retired slot is never used again."
            if retired
            else f"is also {other}'s slot; slots are unique."
        )
        yield Fault(f"regions.{key}.slot", str(slot), problem, f"Free slots: {', '.join(free)}.")


def _references(raw: object) -> Iterator[Fault]:
    known = [key for key, _ in entries(raw, "regions")]
    seen: dict[frozenset[str], str] = {}
    lists = [(f"slos[{index}].between", item) for index, item in items(raw, "slos")]
    lists += [(f"tunnels.pairs[{index}].between", item) for index, item in items(raw, "tunnels", "pairs")]
    for path, item in lists:
        between = [str(name) for _, name in items(item, "between")]
        for position, name in enumerate(between):
            if name not in known:
                yield Fault(f"{path}[{position}]", name, "is no region of this file.", nearest(name, known))
            elif name in between[:position]:
                yield Fault(f"{path}[{position}]", name, "is named twice.", "Name two different regions.")
        if path.startswith("tunnels"):
            pair = frozenset(between)
            if pair in seen:
                yield Fault(path, " ".join(sorted(pair)), f"is also at {seen[pair]}.", "Keep one.")
            seen.setdefault(pair, path)


def _naming(raw: object) -> Iterator[Fault]:
    template = mapping(raw, "naming").get("template")
    if not isinstance(template, str):
        return
    rest = template
    for field in TEMPLATE_FIELDS:
        if f"{{{field}}}" not in template:
            yield Fault("naming.template", template, f"lacks {{{field}}}.", "Without it two names would be the same.")
        rest = rest.replace(f"{{{field}}}", "x")
    if not re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", rest):
        wanted = "has other characters than lower-case letters, digits and inner hyphens, which some cloud refuses."
        yield Fault("naming.template", template, wanted, "Write {federation}-{region}-{role}.")
    else:
        yield from name_faults(raw, template)


def _distribution(raw: object) -> Iterator[Fault]:
    location, known = mapping(raw, "distribution").get("location"), list(LOCATIONS[Cloud.AWS])
    if isinstance(location, str) and location not in known:
        problem = "is no location of aws that is known."
        yield Fault("distribution.location", location, problem, nearest(location, known))


def _location(path: str, region: dict[str, Any]) -> Iterator[Fault]:
    cloud, location = region.get("cloud"), region.get("location")
    if cloud not in [one.value for one in Cloud] or not isinstance(location, str):
        return
    known = LOCATIONS[Cloud(cloud)]
    if location not in known:
        yield Fault(
            f"{path}.location", location, f"is no location of {cloud} that is known.", nearest(location, list(known))
        )


def _zones(path: str, region: dict[str, Any]) -> Iterator[Fault]:
    cloud, location = region.get("cloud"), str(region.get("location"))
    patterns = {Cloud.AWS.value: f"{re.escape(location)}[a-z]", Cloud.GCP.value: f"{re.escape(location)}-[a-z]"}
    pattern = patterns.get(str(cloud), "[1-3]")
    wanted = "1, 2 and 3" if pattern == "[1-3]" else f"{location}{'-' if cloud == Cloud.GCP.value else ''}a and so on"
    seen: list[str] = []
    for position, zone in items(region, "zones"):
        if not isinstance(zone, str):
            continue
        if zone in seen:
            yield Fault(f"{path}.zones[{position}]", zone, "is named twice.", "Name three different zones.")
        elif not re.fullmatch(pattern, zone):
            hint = f"Its zones are {wanted}."
            yield Fault(f"{path}.zones[{position}]", zone, f"is no zone of {location}.", hint)
        seen.append(zone)


def _access(path: str, region: dict[str, Any]) -> Iterator[Fault]:
    if region.get("access") == Access.GKE_DNS.value and region.get("cloud") != Cloud.GCP.value:
        yield Fault(f"{path}.access", Access.GKE_DNS.value, "is for regions in gcp.", "Choose runner or tunnel.")


def _subnets(path: str, region: dict[str, Any]) -> Iterator[Fault]:
    network = mapping(region, "network")
    if network.get("kind") != "existing":
        return
    wanted = 3 if region.get("cloud") == Cloud.AWS.value else 1
    for name in ("node_subnets", "tunnel_subnets", "east_west_subnets", "endpoint_subnets"):
        found = len(list(items(network, name)))
        # The second one is the subnet of the API server of a new cluster.
        is_control = name == "endpoint_subnets" and region.get("cloud") == Cloud.AZURE.value and found == wanted + 1
        # One that is missing or empty is told where its list is read.
        if found and found != wanted and not is_control:
            where = "one a zone" if wanted > 1 else "a subnet spans the zones"
            yield Fault(f"{path}.network.{name}", f"{found} subnets", f"{wanted} wanted ({where}).", "")


def _nodes(path: str, region: dict[str, Any]) -> Iterator[Fault]:
    nodes = mapping(region, "cluster", "nodes")
    minimum, maximum = nodes.get("minimum", DEFAULT_MINIMUM), nodes.get("maximum", DEFAULT_MAXIMUM)
    if isinstance(minimum, int) and isinstance(maximum, int) and minimum > maximum:
        problem = f"is more than the maximum of {maximum}."
        yield Fault(f"{path}.cluster.nodes.minimum", str(minimum), problem, f"Give {maximum} or less.")


def _tags(raw: object) -> Callable[[str, dict[str, Any]], Iterator[Fault]]:
    federation = mapping(raw, "tags")

    def check(path: str, region: dict[str, Any]) -> Iterator[Fault]:
        own = mapping(region, "tags")
        for where, tags in (("tags", federation), (f"{path}.tags", own)):
            for key, value in tags.items():
                if isinstance(value, str):
                    yield from _tag(where, str(key), value, region.get("cloud"))
        limit, what = TAGS.get(str(region.get("cloud")), (0, ""))
        count = len({*federation, *own, *OWN_TAGS})
        if what and count > limit:
            problem = f"are more than the {limit} that {what} takes: the federation's, the region's and two of ours."
            yield Fault(f"{path}.tags", f"{count} tags", problem, f"Leave out {count - limit}.")

    return check


def _tag(where: str, key: str, value: str, cloud: object) -> Iterator[Fault]:
    path = f"{where}.{key or EMPTY_KEY}"
    match cloud:
        case Cloud.GCP.value:
            if not _LABEL_KEY.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
                wanted = (
                    "is no label of gcp: at most 63 lower-case letters, digits, _ and -, the key begins with a letter."
                )
                yield Fault(path, value, wanted, "Write it so, for example team-mesh.")
        case Cloud.AWS.value:
            fits = 0 < len(key) <= AWS_TAG_KEY and len(value) <= AWS_TAG_VALUE
            plain = _AWS_TAG_TEXT.fullmatch(key) and _AWS_TAG_TEXT.fullmatch(value)
            if not fits or not plain or key.lower().startswith("aws:"):
                wanted = (
                    f"is no tag of aws: key 1 to {AWS_TAG_KEY} characters, value at most {AWS_TAG_VALUE}, "
                    "letters, digits, spaces and _.:/=+-@, no `aws:` in front."
                )
                yield Fault(path, value, wanted, "")
        case Cloud.AZURE.value:
            if not key or set(key) & set("<>%&\\?/") or len(value) > AZURE_TAG_VALUE:
                wanted = f"is no tag of azure: no <>%&\\?/ in the key, value at most {AZURE_TAG_VALUE}."
                yield Fault(path, value, wanted, "")
        case _:
            return
