"""The programs by layer; each stack names its layer and its region and gets the whole plan."""

import gc
from importlib import import_module
from pathlib import Path

import pulumi

from meshfed.errors import Fault, MeshfedError, SettingsError
from meshfed.settings.load import load_facts, load_federation
from meshfed.topology.build import build

LAYERS = ("account", "region")
SELDOM = (50_000, 20, 50)
"""How seldom cycles are looked for: a program runs once and keeps nearly all it makes, SDK modules most of all."""


def run() -> None:
    """Runs the program that this stack names; a mistake of the user ends in its message alone."""
    gc.set_threshold(*SELDOM)
    config = pulumi.Config()
    try:
        layer = config.require("layer")
        if layer not in LAYERS:
            fault = Fault("meshfed:layer", layer, f"must be one of {', '.join(LAYERS)}.", "")
            raise SettingsError(f"stack {pulumi.get_stack()}", [fault])
        federation = load_federation(Path(config.require("settings")))
        plan = build(federation, load_facts(_facts(config), federation))
        # Only the one program is loaded: a program of another cloud would load SDKs that this stack does not need.
        import_module(f"stacks.{layer}").deploy(plan, config.require("key"))
    except MeshfedError as error:
        raise pulumi.RunError(str(error)) from error


def _facts(config: pulumi.Config) -> Path:
    path = Path(config.require("facts"))
    if not path.is_file():
        # No facts mean that every peer is closed: that is never taken from a path with a typing error.
        hint = "Name the facts file of the federation; where nothing is pinned yet, its text is `regions: {}`."
        raise SettingsError(f"stack {pulumi.get_stack()}", [Fault("meshfed:facts", str(path), "is not there.", hint)])
    return path
