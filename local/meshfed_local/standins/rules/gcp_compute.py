"""What Google Cloud refuses about machines, load balancers, keys, buckets and policies.

Sources: Compute Engine "About VM metadata" (limits), "Internal passthrough Network Load Balancer overview",
"Forwarding rules overview"; Cloud KMS "Key purposes and algorithms"; Cloud Storage "Public access prevention"; IAM
"Policy structure"; Compute API reference.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.addresses import host_fault, taken_fault
from meshfed_local.standins.rules.gcp_names import BUCKET
from meshfed_local.standins.rules.gcp_network import (
    ADDRESS,
    FORWARDING,
    INSTANCE,
    RESERVED,
    held_addresses,
    same,
    subnet_of,
)
from meshfed_local.standins.rules.reading import (
    absent,
    as_list,
    at,
    found,
    is_true,
    json_object,
    named,
    network,
    objects,
    others,
    text,
    texts,
)
from meshfed_local.standins.rules.shapes import exactly_one, matches, not_together, one_of, within
from meshfed_local.standins.specials.gcp_ids import bare
from meshfed_local.standins.world import World

SERVICE: Final = "gcp:compute/regionBackendService:RegionBackendService"
KEY: Final = "gcp:kms/cryptoKey:CryptoKey"

METADATA_VALUE_BYTES: Final = 262144
_METADATA_BYTES: Final = 524288
_PORTS_PER_RULE: Final = 5
_DAY: Final = 86400
_MEMBER: Final = re.compile(
    r"allUsers|allAuthenticatedUsers|(user|serviceAccount|group|domain|deleted|projectOwner|projectEditor|projectViewer)"
    r":.+|principal(Set)?://\S+"
)
_ROLE: Final = r"roles/[\w.]+|(projects|organizations)/[\w:.-]+/roles/[\w.]+"
_PUBLIC: Final = frozenset({"allUsers", "allAuthenticatedUsers"})
_ALGORITHMS: Final[Mapping[str, str]] = {
    "ENCRYPT_DECRYPT": r"GOOGLE_SYMMETRIC_ENCRYPTION|EXTERNAL_SYMMETRIC_ENCRYPTION",
    "RAW_ENCRYPT_DECRYPT": r"AES_\d+_(GCM|CBC|CTR)",
    "ASYMMETRIC_SIGN": r"(RSA|EC|PQ)_SIGN_\w+",
    "ASYMMETRIC_DECRYPT": r"RSA_DECRYPT_\w+",
    "MAC": r"HMAC_\w+",
    "KEY_ENCAPSULATION": r"ML_KEM_\w+|KEM_\w+",
}


def metadata_fits(resource: Resource, _world: World) -> Iterator[Fault]:
    """A value of the metadata has at most 256 KiB, all keys and values together 512 KiB."""
    metadata: Any = at(resource.inputs, "metadata")
    total = 0
    for key, value in metadata.items() if isinstance(metadata, Mapping) else ():  # pyright: ignore[reportUnknownVariableType] -- plain wire value
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", str(key)):  # pyright: ignore[reportUnknownArgumentType]
            yield Fault(f"metadata.{key}", "it is no key of metadata", "1 to 128 of a-z A-Z 0-9 _-")
        length = len(value.encode()) if isinstance(value, str) else 0
        total += length
        if length > METADATA_VALUE_BYTES:
            yield Fault(f"metadata.{key}", f"it is {length} bytes long", f"at most {METADATA_VALUE_BYTES} bytes")
    if total > _METADATA_BYTES:
        yield Fault("metadata", f"it is {total} bytes long", f"at most {_METADATA_BYTES} bytes together")


def machine_fits_its_subnet(resource: Resource, world: World) -> Iterator[Fault]:
    """A machine's address is of its subnet's primary range and nobody else's; its zone is of the subnet's region."""
    zone, taken = text(resource.inputs, "zone"), held_addresses(world, resource)
    for place, interface in objects(resource.inputs, "networkInterfaces[]"):
        subnet = subnet_of(world, at(interface, "subnetwork"))
        if subnet is None:
            continue
        region, space = text(subnet.inputs, "region"), network(text(subnet.inputs, "ipCidrRange"))
        if zone and region and not zone.startswith(f"{region}-"):
            yield Fault("zone", f"{zone} is not in {region}, the subnet's region", f"a zone of {region}")
        for name, value in texts(interface, "networkIp"):
            if space is not None and re.fullmatch(r"\d+(\.\d+){3}", value):
                yield from host_fault(f"{place}.{name}", value, space, RESERVED)
                yield from taken_fault(f"{place}.{name}", value, taken)


def public_address_is_free(resource: Resource, world: World) -> Iterator[Fault]:
    """An external address is of one machine, and of its region."""
    path = "networkInterfaces[].accessConfigs[].natIp"
    taken = {value: one.name for one in others(world, resource) for _, value in texts(one.inputs, path)}
    for place, value in texts(resource.inputs, path):
        if value in taken:
            yield Fault(place, f"{value} is in use by {taken[value]}", "an address of its own")
        for one in world.records(ADDRESS):
            region, zone = text(one.inputs, "region"), text(resource.inputs, "zone")
            if one.outputs.get("address") == value and region and zone and not zone.startswith(f"{region}-"):
                yield Fault(place, f"{value} is of {region}", f"an address of the region of {zone}")


def rule_fits_its_service(resource: Resource, world: World) -> Iterator[Fault]:
    """A forwarding rule and its backend service agree on region, scheme and protocol."""
    reference = at(resource.inputs, "backendService")
    service = named(world, bare(reference), SERVICE) if isinstance(reference, str) else None
    if service is None:
        return
    for name in ("region", "loadBalancingScheme"):
        mine, theirs = text(resource.inputs, name), text(service.inputs, name)
        if mine and theirs and mine != theirs:
            yield Fault(name, f"{mine} is not that of its backend service, {theirs}", theirs)
    mine, theirs = text(resource.inputs, "ipProtocol") or "TCP", text(service.inputs, "protocol") or "TCP"
    if mine == "L3_DEFAULT" and theirs in ("TCP", "UDP"):
        yield Fault("ipProtocol", f"L3_DEFAULT with a service of {theirs}", "a service of UNSPECIFIED")
    if theirs in ("TCP", "UDP") and mine in ("TCP", "UDP") and mine != theirs:
        yield Fault("ipProtocol", f"{mine} with a service of {theirs}", theirs)


def internal_rule_is_whole(resource: Resource, world: World) -> Iterator[Fault]:
    """An internal rule has ports or all of them, and an address of its subnet."""
    if text(resource.inputs, "loadBalancingScheme") != "INTERNAL":
        return
    if not is_true(resource.inputs, "allPorts") and absent(resource.inputs, "ports"):
        yield Fault("ports", "neither ports nor allPorts is given", "at most five ports, or allPorts")
    if text(resource.inputs, "ipProtocol") == "L3_DEFAULT" and not is_true(resource.inputs, "allPorts"):
        yield Fault("allPorts", "it is not set with L3_DEFAULT", "true")
    if len(list(found(resource.inputs, "ports[]"))) > _PORTS_PER_RULE:
        yield Fault("ports", "too many are given", f"at most {_PORTS_PER_RULE} ports, or allPorts")
    subnet = subnet_of(world, at(resource.inputs, "subnetwork"))
    space = network(text(subnet.inputs, "ipCidrRange")) if subnet else None
    for place, value in texts(resource.inputs, "ipAddress"):
        if space is not None and re.fullmatch(r"\d+(\.\d+){3}", value):
            yield from host_fault(place, value, space, RESERVED)
            yield from taken_fault(place, value, held_addresses(world, resource))
    network_of_subnet = text(subnet.inputs, "network") if subnet else ""
    mine = text(resource.inputs, "network")
    if network_of_subnet and mine and not same(mine, network_of_subnet):
        yield Fault("subnetwork", "the subnet is of another network", "a subnet of the rule's network")


def internal_service_is_whole(resource: Resource, _world: World) -> Iterator[Fault]:
    """An internal passthrough service has one health check, and backends that count connections."""
    if text(resource.inputs, "loadBalancingScheme") != "INTERNAL":
        return
    for place, backend in objects(resource.inputs, "backends[]"):
        if text(backend, "balancingMode") not in ("CONNECTION", ""):
            yield Fault(
                f"{place}.balancingMode", f"{text(backend, 'balancingMode')} in an internal service", "CONNECTION"
            )
    persistence = text(resource.inputs, "connectionTrackingPolicy.connectionPersistenceOnUnhealthyBackends")
    mode, affinity = (
        text(resource.inputs, "connectionTrackingPolicy.trackingMode"),
        text(resource.inputs, "sessionAffinity"),
    )
    if persistence == "ALWAYS_PERSIST" and (mode != "PER_SESSION" or affinity in ("", "NONE")):
        wanted = "NEVER_PERSIST or DEFAULT_FOR_PROTOCOL, or sessions that are tracked"
        path = "connectionTrackingPolicy.connectionPersistenceOnUnhealthyBackends"
        yield Fault(path, "connections persist without sessions that are tracked", wanted)


def check_asks_in_time(resource: Resource, _world: World) -> Iterator[Fault]:
    """A probe is answered before the next one is sent."""
    interval, timeout = at(resource.inputs, "checkIntervalSec") or 5, at(resource.inputs, "timeoutSec") or 5
    if isinstance(interval, int | float) and isinstance(timeout, int | float) and timeout > interval:
        yield Fault("timeoutSec", f"{timeout:g} is above checkIntervalSec, {interval:g}", "at most checkIntervalSec")


def algorithm_fits_its_purpose(resource: Resource, _world: World) -> Iterator[Fault]:
    """A key's algorithm is one of its purpose; only symmetric keys rotate by themselves."""
    purpose = text(resource.inputs, "purpose") or "ENCRYPT_DECRYPT"
    if purpose not in _ALGORITHMS:
        yield Fault("purpose", f"{purpose!r} is no purpose", f"one of {', '.join(_ALGORITHMS)}")
        return
    for place, algorithm in texts(resource.inputs, "versionTemplate.algorithm"):
        if not re.fullmatch(_ALGORITHMS[purpose], algorithm):
            yield Fault(place, f"{algorithm} is not of the purpose {purpose}", "an algorithm of the key's purpose")
    if purpose != "ENCRYPT_DECRYPT":
        if absent(resource.inputs, "versionTemplate.algorithm"):
            yield Fault("versionTemplate.algorithm", f"it is missing for {purpose}", "the algorithm")
        if not absent(resource.inputs, "rotationPeriod"):
            yield Fault("rotationPeriod", f"a key for {purpose} does not rotate by itself", "none")
    for place, period in texts(resource.inputs, "rotationPeriod"):
        seconds = period.removesuffix("s")
        if not period.endswith("s") or not seconds.replace(".", "", 1).isdigit() or float(seconds) < _DAY:
            yield Fault(place, f"{period!r} is no period", "seconds, at least 86400s")


def members_are_principals(path: str) -> Rule:
    """Members of a policy say what they are: `serviceAccount:…`."""

    def rule(resource: Resource, _world: World) -> Iterator[Fault]:
        for place, member in texts(resource.inputs, path):
            if not _MEMBER.fullmatch(member):
                yield Fault(place, f"{member!r} is no member", "serviceAccount:…, group:…, user:…, principal://…")

    return rule


def policy_is_whole(resource: Resource, world: World) -> Iterator[Fault]:
    """A bucket's policy binds roles to members, and lets nobody in where public access is prevented."""
    value = at(resource.inputs, "policyData")
    document = json_object(value) if isinstance(value, str) else None
    if isinstance(value, str) and (document is None or not isinstance(document.get("bindings"), list)):
        yield Fault("policyData", "it is no policy", 'a JSON object with "bindings"')
        return
    bucket = named(world, text(resource.inputs, "bucket").removeprefix("b/"), BUCKET)
    closed = bucket is not None and text(bucket.inputs, "publicAccessPrevention") == "enforced"
    for place, binding in objects(document or {}, "bindings[]"):
        if not re.fullmatch(_ROLE, text(binding, "role")):
            yield Fault(f"policyData.{place}.role", f"{text(binding, 'role')!r} is no role", "roles/… or a custom role")
        for member in as_list(at(binding, "members")):
            if not _MEMBER.fullmatch(str(member)):
                yield Fault(f"policyData.{place}.members", f"{member!r} is no member", "serviceAccount:…, group:…")
            if closed and member in _PUBLIC:
                yield Fault(f"policyData.{place}.members", f"{member} in a bucket that prevents it", "named members")


def public_member_is_refused(resource: Resource, world: World) -> Iterator[Fault]:
    """The same for a single member."""
    bucket = named(world, text(resource.inputs, "bucket").removeprefix("b/"), BUCKET)
    closed = bucket is not None and text(bucket.inputs, "publicAccessPrevention") == "enforced"
    if closed and text(resource.inputs, "member") in _PUBLIC:
        yield Fault("member", f"{text(resource.inputs, 'member')} in a bucket that prevents it", "a named member")


_BINDING: Final[tuple[Rule, ...]] = (
    members_are_principals("member"),
    matches("role", _ROLE, "roles/… or projects/<project>/roles/…"),
)


def health_check(source: str) -> tuple[Rule, ...]:
    """What holds for a health check, of a region or global."""
    kinds = ("tcp", "http", "https", "http2", "ssl", "grpc", "grpcTls")
    return (
        exactly_one(*(f"{kind}HealthCheck" for kind in kinds), source=source),
        check_asks_in_time,
        within("tcpHealthCheck.port", 1, 65535, source),
        within("checkIntervalSec", 1, 300, source),
    )


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    INSTANCE: (metadata_fits, machine_fits_its_subnet, public_address_is_free),
    FORWARDING: (
        not_together("ports", "allPorts", source="forwardingRules.insert"),
        rule_fits_its_service,
        internal_rule_is_whole,
    ),
    SERVICE: (
        internal_service_is_whole,
        within("connectionDrainingTimeoutSec", 0, 3600, "regionBackendServices.insert"),
    ),
    "gcp:compute/regionHealthCheck:RegionHealthCheck": health_check("regionHealthChecks.insert"),
    KEY: (
        algorithm_fits_its_purpose,
        one_of(
            "versionTemplate.protectionLevel",
            ("SOFTWARE", "HSM", "EXTERNAL", "EXTERNAL_VPC", "HSM_SINGLE_TENANT"),
            "cryptoKeys.create",
        ),
    ),
    BUCKET: (
        one_of("publicAccessPrevention", ("inherited", "enforced"), "buckets.insert"),
        within("softDeletePolicy.retentionDurationSeconds", 0, 7776000, "Soft delete"),
    ),
    "gcp:storage/bucketIAMPolicy:BucketIAMPolicy": (policy_is_whole,),
    "gcp:storage/bucketIAMMember:BucketIAMMember": (*_BINDING, public_member_is_refused),
    "gcp:projects/iAMMember:IAMMember": _BINDING,
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": _BINDING,
    "gcp:serviceaccount/iAMMember:IAMMember": _BINDING,
}
