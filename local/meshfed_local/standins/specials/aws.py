"""AWS, as its stand-in needs to know it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from meshfed_local.standins.cloud import Cloud, Naming
from meshfed_local.standins.faults import Fault
from meshfed_local.standins.making import Making
from meshfed_local.standins.resource import Resource
from meshfed_local.standins.rules import aws_cluster, aws_named
from meshfed_local.standins.spec import Spec
from meshfed_local.standins.specials.aws_ids import PREFIXES, arn, identity
from meshfed_local.standins.specials.aws_outputs import OUTPUTS
from meshfed_local.standins.specials.scope import aws_account, aws_region
from meshfed_local.standins.world import World

_NAME_PROPERTIES: Final[Mapping[str, str]] = {
    "aws:s3/bucket:Bucket": "bucket",
    "aws:eks/nodeGroup:NodeGroup": "nodeGroupName",
}
_UNNAMED: Final = frozenset({"aws:route53/record:Record", "aws:ssm/association:Association"})
"""Types whose `name` is no name that could be made up."""

_GLOBAL_SERVICES: Final = frozenset({"iam", "route53", "cloudfront"})
_ALIAS: Final = "aws:kms/alias:Alias"
_LAUNCH_TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
_MORE_PREFIXES: Final = ("ami", "acl", "pl", "vgw", "tgw", "snap")
_ID: Final = re.compile(rf"(?:{'|'.join((*sorted(set(PREFIXES.values())), *_MORE_PREFIXES))})-[0-9a-f]{{8,17}}")
_ARN: Final = re.compile(r"arn:aws[\w-]*:[^:\s]*:[^:\s]*:[^:\s]*:[^\s]+")
_OWNED_BY_AWS: Final = re.compile(r"arn:aws[\w-]*:[^:]*:[^:]*:aws:|.*[*?$]")
"""Managed policies and access policies; patterns name no single thing."""
_COMPUTED_ID: Final = re.compile(r"(?:.*[a-z])?(Vpc|Subnet|RouteTable|NetworkInterface|SecurityGroup|NetworkAcl)Id")
_COMPUTED_PREFIX: Final = {
    "Vpc": "vpc",
    "Subnet": "subnet",
    "RouteTable": "rtb",
    "NetworkInterface": "eni",
    "SecurityGroup": "sg",
    "NetworkAcl": "acl",
}


def _naming(token: str, spec: Spec) -> Naming | None:
    name = _NAME_PROPERTIES.get(token, "name")
    field = spec.inputs.get(name)
    if field is None or field.type != "str" or field.required or token in _UNNAMED:
        return None
    start = "alias/" if token == _ALIAS else ""
    return Naming(name, lambda logical, digits: f"{start}{logical}-{digits[:7]}")


def _computed(making: Making, name: str) -> str | None:
    if name == "arn":
        return arn(making)
    if name in {"ownerId", "accountId", "registryId"}:
        return aws_account(making.resource.provider_config, making.world)
    if name == "region":
        return aws_region(making)
    if name == "macAddress":
        return ":".join(["0a", *(making.hex(2) for _ in range(5))])
    found = _COMPUTED_ID.fullmatch(name[0].upper() + name[1:])
    return f"{_COMPUTED_PREFIX[found[1]]}-0{making.hex(16)}" if found else None


def _derived(making: Making, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    result: dict[str, Any] = {}
    if "tagsAll" in outputs:
        defaults: Any = making.resource.provider_config.get("defaultTags") or {}
        result["tagsAll"] = {**(defaults.get("tags") or {}), **(making.inputs.get("tags") or {})}
    if "region" in outputs:
        result["region"] = aws_region(making)
    if making.resource.token == _LAUNCH_TEMPLATE and making.previous:
        latest = int(making.previous["latestVersion"]) + 1
        moves = making.inputs.get("updateDefaultVersion") is True
        result |= {"latestVersion": latest, "defaultVersion": latest if moves else making.previous["defaultVersion"]}
    return result


def _looks_issued(value: str) -> bool:
    if _ID.fullmatch(value):
        return True
    return bool(_ARN.fullmatch(value)) and not _OWNED_BY_AWS.match(value)


def _refers(value: str, _resource: Resource, world: World) -> str | None:
    # A prefix inside a bucket, and the streams of a log group, are named by the ARN of the whole.
    whole = value.split("/", 1)[0] if value.startswith("arn:aws:s3:::") else value.removesuffix(":*")
    return next((name for name in (value, whole) if world.exists(name)), None)


def _scope(making: Making) -> str:
    account = aws_account(making.resource.provider_config, making.world)
    service = making.resource.token.split(":")[1].split("/")[0]
    if service == "s3":
        return ""
    return account if service in _GLOBAL_SERVICES else f"{account} {aws_region(making)}"


def _refusals(resource: Resource, world: World) -> Iterator[Fault]:
    yield from aws_cluster.refusals(resource, world)
    yield from aws_named.refusals(resource, world)


CLOUD: Final = Cloud(
    plugin="aws",
    closed_enums=False,
    naming=_naming,
    identity=identity,
    computed=_computed,
    outputs=OUTPUTS,
    derived=_derived,
    refers=_refers,
    scope=_scope,
    looks_issued=_looks_issued,
    kept_apart=frozenset({"aws:kms/key:Key", "aws:secretsmanager/secret:Secret"}),
    refusals=_refusals,
)
