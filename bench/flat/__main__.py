"""The resources of a data file, one after the other, through the SDK's own classes; see bench/preview.py."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pulumi

ASSET = "4dabf18193072939515e22adb298388d"
"""How the engine marks what is no plain object."""


def live(value: Any) -> Any:
    """A literal with its assets."""
    if isinstance(value, list):
        return [live(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    held = cast("dict[str, Any]", value)
    if ASSET in held:
        return pulumi.FileAsset(held["path"]) if "path" in held else pulumi.StringAsset(held["text"])
    return {key: live(item) for key, item in held.items()}


def after(value: Any, resources: list[pulumi.CustomResource]) -> pulumi.Output[Any]:
    """A value that is known once other resources are."""
    return pulumi.Output.all(*(one.id for one in resources)).apply(lambda _: value)


def main() -> None:
    """Makes providers, then everything else, then the same outputs."""
    data = json.loads(Path(pulumi.Config().require("data")).read_text(encoding="utf-8"))
    made: dict[str, Any] = {}
    for one in data["resources"]:
        options = pulumi.ResourceOptions(
            provider=made.get(one["provider"]),
            depends_on=[made[urn] for urn in one["depends_on"]],
            ignore_changes=one["ignore_changes"],
            replace_on_changes=one["replace_on_changes"],
        )
        kind = getattr(import_module(one["module"]), one["class"])
        args = live(one["args"])
        for name, urns in one["awaited"].items():
            args[name] = after(args[name], [made[urn] for urn in urns])
        made[one["urn"]] = kind(one["name"], **args, opts=options)
    for name, value in data["outputs"].items():
        pulumi.export(name, value)


main()
