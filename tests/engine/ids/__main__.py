"""A program for tests of the gate: registers resources of any type as a file lists them, right or wrong."""

import json
from pathlib import Path
from typing import Any, cast

import pulumi

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"


def meant(value: Any) -> Any:
    """A value with its secrets, files and unknowns as a program has them."""
    if isinstance(value, dict):
        given = cast("dict[str, Any]", value)
        if SIGNATURE in given:
            return marked(given)
        return {name: meant(item) for name, item in given.items()}
    if isinstance(value, list):
        return [meant(item) for item in cast("list[Any]", value)]
    return source().id if value == UNKNOWN else value


def marked(given: dict[str, Any]) -> Any:
    """What the engine marks as no plain object."""
    if "value" in given:
        return pulumi.Output.secret(given["value"])
    if "text" in given:
        return pulumi.StringAsset(given["text"])
    # The engine opens files; one that a case only names is as good as any.
    return pulumi.FileAsset(given["path"] if Path(given["path"]).exists() else __file__) if "path" in given else None


_sources: list[pulumi.CustomResource] = []


def source() -> pulumi.CustomResource:
    """What has an id that no preview knows."""
    if not _sources:
        _sources.append(pulumi.CustomResource("aws:ec2/vpc:Vpc", "source", {"cidrBlock": "10.0.0.0/16"}))
    return _sources[0]


_parents: dict[tuple[str, ...], pulumi.Resource] = {}


def below(kinds: tuple[str, ...]) -> pulumi.Resource | None:
    """The component of the last of some types, below one of each before it."""
    if kinds and kinds not in _parents:
        options = pulumi.ResourceOptions(parent=below(kinds[:-1]))
        _parents[kinds] = pulumi.ComponentResource(kinds[-1], f"above-{len(_parents)}", opts=options)
    return _parents.get(kinds)


_clusters: dict[str, pulumi.ProviderResource] = {}


def cluster(name: str) -> pulumi.ProviderResource | None:
    """The cluster of a name; none: the one that all share."""
    if name and name not in _clusters:
        _clusters[name] = pulumi.ProviderResource("kubernetes", f"cluster-{name}", {})
    return _clusters.get(name)


for one in json.loads(Path(pulumi.Config().require("resources")).read_text(encoding="utf-8")):
    options = pulumi.ResourceOptions(
        parent=below(tuple(one["under"])), ignore_changes=one["ignore_changes"], provider=cluster(one["cluster"])
    )
    pulumi.CustomResource(one["type"], one["name"], meant(one["inputs"]), options)
