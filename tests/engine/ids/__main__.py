"""A program for tests of the gate: registers resources of any type as a file lists them, right or wrong."""

import json
from pathlib import Path
from typing import Any, cast

import pulumi

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
SIGNATURE = "4dabf18193072939515e22adb298388d"


def meant(value: Any) -> Any:
    """A value with its secrets and unknowns as a program has them."""
    if isinstance(value, dict):
        given = cast("dict[str, Any]", value)
        is_secret = given.get(SIGNATURE) == SECRET and "value" in given
        return pulumi.Output.secret(given["value"]) if is_secret else {k: meant(v) for k, v in given.items()}
    if isinstance(value, list):
        return [meant(item) for item in cast("list[Any]", value)]
    return source().id if value == UNKNOWN else value


_sources: list[pulumi.CustomResource] = []


def source() -> pulumi.CustomResource:
    """What has an id that no preview knows."""
    if not _sources:
        _sources.append(pulumi.CustomResource("aws:ec2/vpc:Vpc", "source", {"cidrBlock": "10.0.0.0/16"}))
    return _sources[0]


for number, one in enumerate(json.loads(Path(pulumi.Config().require("resources")).read_text(encoding="utf-8"))):
    parent: pulumi.Resource | None = None
    for depth, kind in enumerate(one["under"]):
        parent = pulumi.ComponentResource(kind, f"{number}-{depth}", opts=pulumi.ResourceOptions(parent=parent))
    options = pulumi.ResourceOptions(parent=parent, ignore_changes=one["ignore_changes"])
    pulumi.CustomResource(one["type"], one["name"], meant(one["inputs"]), options)
