"""Every type that the stand-ins' tables name exists in the installed SDK and reflects without error."""

from collections.abc import Mapping
from typing import Any

import pytest

from meshfed_local.standins import cloud
from meshfed_local.standins.replaces import aws as aws_replaces
from meshfed_local.standins.replaces import azure as azure_replaces
from meshfed_local.standins.replaces import gcp as gcp_replaces
from meshfed_local.standins.spec import Property, Spec, Specs
from meshfed_local.standins.specials import aws_ids, azure_ids, gcp_ids

TOKENS = {
    "aws": {*aws_ids.IDS, *aws_ids.PREFIXES, *aws_ids.ARNS, *aws_replaces.REPLACES},
    "azure-native": {*(f"azure-native:{short}" for short in azure_ids.PATHS), *azure_replaces.REPLACES},
    "gcp": {*gcp_ids.IDS, *gcp_replaces.REPLACES},
}


@pytest.mark.parametrize("plugin", sorted(TOKENS))
def test_every_type_and_look_up_of_the_tables_is_in_the_sdk(plugin: str) -> None:
    specs = Specs(plugin)
    tokens = TOKENS[plugin] | set(cloud.load(plugin).outputs) | set(cloud.invokes(plugin))
    tokens |= {f"pulumi:providers:{plugin}"}
    for token in sorted(tokens - {"*"}):
        assert specs.of(token).inputs is not None


def reaches(spec: Spec, kind: Any, names: list[str]) -> bool:
    """Whether a path of property names leads somewhere from a type."""
    if not names:
        return True
    if "list" in kind or "map" in kind:
        return reaches(spec, kind.get("list") or kind["map"], names)
    if "any_of" in kind:
        return any(reaches(spec, one, names) for one in kind["any_of"])
    fields: Mapping[str, Property] = spec.types[kind["object"]] if "object" in kind else {}
    return names[0] in fields and reaches(spec, fields[names[0]].type, names[1:])


def test_documented_replacements_name_real_properties() -> None:
    for plugin, table in (("aws", aws_replaces), ("azure-native", azure_replaces), ("gcp", gcp_replaces)):
        specs = Specs(plugin)
        for token, paths in table.REPLACES.items():
            for first, *rest in (path.split(".") for path in paths if token != "*"):
                spec = specs.of(token)
                assert first in spec.inputs, (token, first)
                assert reaches(spec, spec.inputs[first].type, rest), (token, first, rest)


def test_the_last_word_of_an_azure_path_is_an_input() -> None:
    specs = Specs("azure-native")
    for short in azure_ids.PATHS:
        token = f"azure-native:{short}"
        name = azure_ids.name_property(token, specs.of(token))
        assert name in specs.of(token).inputs, token
