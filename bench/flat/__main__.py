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


def main() -> None:
    """Makes providers, then everything else, then the same outputs."""
    data = json.loads(Path(pulumi.Config().require("data")).read_text(encoding="utf-8"))
    made: dict[str, Any] = {}
    for one in data["resources"]:
        options = pulumi.ResourceOptions(
            provider=made.get(one["provider"]),
            ignore_changes=one["ignore_changes"],
            replace_on_changes=one["replace_on_changes"],
        )
        kind = getattr(import_module(one["module"]), one["class"])
        made[one["urn"]] = kind(one["name"], **live(one["args"]), opts=options)
    for name, value in data["outputs"].items():
        pulumi.export(name, value)


main()
