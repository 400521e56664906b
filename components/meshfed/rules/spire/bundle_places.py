"""Where bundles are read: what a program writes there itself, and names that lead their readers elsewhere."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from meshfed.rules.allowed import by_digest, is_text_allowed
from meshfed.rules.node import Finding, Node, each, guarded
from meshfed.rules.resource import Resource, Stack
from meshfed.settings.gate import GateParameters
from meshfed.topology.plan import Plan

STORE: Final = re.compile(r"trust|bundle|spiffe|spire", re.IGNORECASE)
"""What the name of a store of bundles has in it."""
_NAMES: Final = {
    "aws:s3/bucketObject:BucketObject": (("bucket",), "key"),
    "aws:s3/bucketObjectv2:BucketObjectv2": (("bucket",), "key"),
    "aws:s3/objectCopy:ObjectCopy": (("bucket",), "key"),
    "azure-native:storage:Blob": (("accountName", "containerName"), "blobName"),
    "gcp:storage/bucketObject:BucketObject": (("bucket",), "name"),
}
OBJECTS: Final = tuple(_NAMES)
_BUNDLE: Final = re.compile(
    r"(^|/)bundles?([.](json|jwks|pem))?$|(^|/)(spiffe|spire|trust)[^/]*[.](json|jwks|pem)$", re.IGNORECASE
)
"""Names of objects that are read as bundles, in a store of any name."""
_PAGE: Final = re.compile(r"[.](css|html?|ico|md|png|svg|txt)$", re.IGNORECASE)
_KEYS: Final = (
    "whoever writes here gives a trust domain its keys; its own server publishes them, and no program. `allowed` takes"
    " a written content by name and sha256"
)
_RECORD: Final = "aws:route53/record:Record"
_RECORDS: Final = "aws:route53/recordsExclusive:RecordsExclusive"
_AZURE_RECORDS: Final = ("azure-native:dns:RecordSet",)
_GOOGLE_RECORD: Final = "gcp:dns/recordSet:RecordSet"
RECORDS: Final = (_RECORD, _RECORDS, *_AZURE_RECORDS, _GOOGLE_RECORD)
_LEADS: Final = frozenset({"A", "AAAA", "CNAME", "ALIAS", "DNAME", "HTTPS", "SVCB"})
_DELEGATES: Final = frozenset({"NS", "DNAME"})
_OWN_PLACE: Final = ".cloudfront.net"
"""A distribution answers for a name only with a certificate for it."""
_AZURE_VALUES: Final = (("aRecords", "ipv4Address"), ("aaaaRecords", "ipv6Address"), ("nsRecords", "nsdname"))


def no_bundle_is_written(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    """Check: no object is written into a store of bundles."""
    places, key = _place(resource)
    # Where neither name is known yet, only what is called a bundle is worth a question.
    if _PAGE.search(_known(key)) or not (
        _BUNDLE.search(_known(key)) or any(STORE.search(_known(one)) for one in places)
    ):
        return
    if all(STORE.search(one.text()) is None for one in places) and not any(one.is_unknown for one in places):
        return
    yield from _written(resource, key, parameters)


def objects_of_the_distribution(plan: Plan, stacks: Sequence[Stack], parameters: GateParameters) -> Iterator[Finding]:
    """Check: no object is written into the federation's own store, whatever it is called."""
    bucket = plan.federation.distribution.bucket
    for stack in stacks:
        for resource in stack.of(*OBJECTS):
            places, key = _place(resource)
            if not STORE.search(bucket) and [_known(one) for one in places] == [bucket]:
                yield from guarded(_written(resource, key, parameters))


def _written(resource: Resource, key: Node, parameters: GateParameters) -> Iterator[Finding]:
    content = resource.props["content"]
    if content.is_absent:
        yield key.wrong(_KEYS)
    elif not is_text_allowed(resource, content, parameters):
        yield key.wrong(_KEYS + by_digest(content, "its content"))


def _place(resource: Resource) -> tuple[list[Node], Node]:
    names, key = _NAMES[resource.kind]
    return [resource.props[name] for name in names], resource.props[key]


def _known(node: Node) -> str:
    return "" if node.is_unknown else node.text()


@dataclass(frozen=True, slots=True)
class _Name:
    """One record: its name, and what it says."""

    name: Node
    full: str
    type: str
    values: tuple[Node, ...]
    content: Node


def names_lead_to_us(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    """Check: the hosts of bundles lead nowhere else."""
    yield from _elsewhere(resource, parameters.bundle_hosts, parameters)


def host_of_the_distribution(plan: Plan, stacks: Sequence[Stack], parameters: GateParameters) -> Iterator[Finding]:
    """Check: the federation's own host of bundles leads nowhere else."""
    host = plan.federation.distribution.host
    for stack in stacks:
        for resource in stack.of(*RECORDS) if host not in parameters.bundle_hosts else ():
            yield from guarded(_elsewhere(resource, (host,), parameters))


def _elsewhere(resource: Resource, hosts: Sequence[str], parameters: GateParameters) -> Iterator[Finding]:
    if hosts:
        yield from each(list(_records(resource)), lambda one: _leads(resource, one, hosts, parameters))


def _leads(resource: Resource, one: _Name, hosts: Sequence[str], parameters: GateParameters) -> Iterator[Finding]:
    if not any(_is_about(one, host) for host in hosts):
        return
    values = [value.text().lower().rstrip(".") for value in one.values]
    if values and all(value.endswith(_OWN_PLACE) or _is_among(value, hosts) for value in values):
        return
    if not is_text_allowed(resource, one.content, parameters):
        yield one.name.wrong(
            "leads readers of bundles to a host that the pack's configuration does not name"
            + by_digest(one.content, "what it says")
        )


def _is_about(one: _Name, host: str) -> bool:
    """Whether a record is of a host or below it, or gives away the zone that it stands in."""
    name, host = one.full.lower().rstrip(".").removeprefix("*."), host.lower()
    if one.type in _DELEGATES and (_is_among(name, (host,)) or ("." in name and host.endswith(f".{name}"))):
        return True
    # Route 53 completes a short name by its zone's.
    is_named = _is_among(name, (host,)) or (bool(name) and host.startswith(f"{name}."))
    return one.type in _LEADS and is_named and not name.startswith("_")


def _is_among(name: str, hosts: Sequence[str]) -> bool:
    return any(name == host or name.endswith(f".{host}") for host in hosts)


def _records(resource: Resource) -> Iterator[_Name]:
    props = resource.props
    if resource.kind == _RECORD:
        values = (*props["records"].items(), *(alias["name"] for alias in props["aliases"].items()))
        content = props["records"] if props["aliases"].is_absent else props["aliases"]
        yield _Name(props["name"], props["name"].text(), props["type"].text().upper(), values, content)
    elif resource.kind == _RECORDS:
        for one in props["resourceRecordSets"].items():
            alias = one["aliasTarget"]
            values = tuple(value["value"] for value in one["resourceRecords"].items())
            values += () if alias.is_absent else (alias["dnsName"],)
            yield _Name(one["name"], one["name"].text(), one["type"].text().upper(), values, one)
    elif resource.kind == _GOOGLE_RECORD:
        values = tuple(props["rrdatas"].items())
        yield _Name(props["name"], props["name"].text(), props["type"].text().upper(), values, props["rrdatas"])
    else:
        yield _of_azure(props)


def _of_azure(props: Node) -> _Name:
    relative = props["relativeRecordSetName"]
    full = props["zoneName"].text() if relative.text() == "@" else f"{relative.text()}.{props['zoneName'].text()}"
    values = [one[field] for name, field in _AZURE_VALUES for one in props[name].items()]
    values += [] if props["cnameRecord"].is_absent else [props["cnameRecord"]["cname"]]
    return _Name(relative, full, props["recordType"].text().rpartition("/")[2].upper(), tuple(values), props)
