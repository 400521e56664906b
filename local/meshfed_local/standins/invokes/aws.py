"""Look-ups of AWS: images, zones, who is asking, public keys. Ids are random per world and known to it."""

from collections.abc import Mapping
from typing import Any, Final

from meshfed_local.standins import keys
from meshfed_local.standins.cloud import Invoke, LookupFault
from meshfed_local.standins.faults import Fault
from meshfed_local.standins.specials.scope import aws_account
from meshfed_local.standins.world import World

_ZONE_LETTERS: Final = "abcdef"
_FEWER_ZONES: Final = {"us-west-1": 2, "ap-northeast-2": 4, "us-west-2": 4, "us-east-1": 6}
"""How many zones a region offers where it is not three."""


def _region(arguments: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    return str(arguments.get("region") or config.get("region") or "")


def _identity(_arguments: Mapping[str, Any], world: World, config: Mapping[str, Any]) -> Mapping[str, Any]:
    account = aws_account(config, world)
    user = f"AROA{world.stable('aws', 'caller', account).hex()[:17].upper()}:meshfed"
    arn = f"arn:aws:sts::{account}:assumed-role/meshfed-deployer/meshfed"
    return {"accountId": account, "arn": arn, "userId": user, "id": account}


def _current_region(arguments: Mapping[str, Any], _world: World, config: Mapping[str, Any]) -> Mapping[str, Any]:
    region = _region(arguments, config)
    return {"id": region, "name": region, "region": region, "endpoint": f"ec2.{region}.amazonaws.com"}


def _partition(_arguments: Mapping[str, Any], _world: World, _config: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


def _zones(arguments: Mapping[str, Any], _world: World, config: Mapping[str, Any]) -> Mapping[str, Any]:
    region = _region(arguments, config)
    names = [f"{region}{letter}" for letter in _ZONE_LETTERS[: _FEWER_ZONES.get(region, 3)]]
    short = region.replace("-", "")[:4]
    ids = [f"{short}-az{number}" for number in range(1, len(names) + 1)]
    return {"id": region, "names": names, "zoneIds": ids, "groupNames": [region], "state": "available"}


def _image(arguments: Mapping[str, Any], world: World, config: Mapping[str, Any]) -> Mapping[str, Any]:
    region = _region(arguments, config)
    filters = {item["name"]: tuple(item["values"]) for item in arguments.get("filters") or ()}
    if not arguments.get("owners"):
        raise LookupFault(Fault("owners", "no owner is named", "the account that publishes the image"))
    asked = repr((region, arguments["owners"], sorted(filters.items())))
    identifier = world.issue(f"ami-0{world.stable('aws', 'image', asked).hex()[:16]}", "image")
    name = filters.get("name", ("image",))[0].replace("*", "20261101-0000")
    architecture = filters.get("architecture", ("x86_64",))[0]
    return {
        "id": identifier,
        "imageId": identifier,
        "arn": f"arn:aws:ec2:{region}::image/{identifier}",
        "name": name,
        "architecture": architecture,
        "ownerId": arguments["owners"][0],
        "rootDeviceName": "/dev/xvda",
        "rootDeviceType": "ebs",
        "virtualizationType": "hvm",
        "state": "available",
        "bootMode": "uefi",
        "creationDate": "2026-11-01T00:00:00.000Z",
    }


def _parameter(arguments: Mapping[str, Any], world: World, config: Mapping[str, Any]) -> Mapping[str, Any]:
    name, region = str(arguments["name"]), _region(arguments, config)
    record = next((one for one in world.records("aws:ssm/parameter:Parameter") if one.inputs.get("name") == name), None)
    if record is not None:
        value, kind = str(record.inputs.get("value") or ""), str(record.inputs["type"])
    elif name.startswith("/aws/service/"):
        value = world.issue(f"ami-0{world.stable('aws', 'parameter', region, name).hex()[:16]}", "image")
        kind = "String"
    else:
        raise LookupFault(Fault("name", f"there is no parameter {name!r}", "a parameter that exists"))
    return {"id": name, "name": name, "type": kind, "value": value, "insecureValue": value, "version": 1}


def _public_key(arguments: Mapping[str, Any], world: World, _config: Mapping[str, Any]) -> Mapping[str, Any]:
    key = world.by_id(str(arguments["keyId"]))
    if key is not None and key.token == "aws:kms/alias:Alias":  # noqa: S105 -- a resource type
        key = world.by_id(str(key.outputs["targetKeyArn"]))
    if key is None or not keys.path(world, str(key.outputs["arn"])).exists():
        wanted = "a key with keyUsage SIGN_VERIFY and customerMasterKeySpec ECC_NIST_P256"
        raise LookupFault(Fault("keyId", f"{arguments['keyId']!r} has no public key here", wanted))
    arn = str(key.outputs["arn"])
    return {
        "id": arn,
        "arn": arn,
        "keyId": arguments["keyId"],
        "keyUsage": "SIGN_VERIFY",
        "customerMasterKeySpec": "ECC_NIST_P256",
        "signingAlgorithms": ["ECDSA_SHA_256"],
        "encryptionAlgorithms": [],
        "publicKey": keys.public_der(world, arn),
        "publicKeyPem": keys.public_pem(world, arn),
    }


INVOKES: Final[Mapping[str, Invoke]] = {
    "aws:ec2/getAmi:getAmi": _image,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _identity,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _current_region,
    "aws:kms/getPublicKey:getPublicKey": _public_key,
    "aws:ssm/getParameter:getParameter": _parameter,
}
