"""Kinds that rules judge and properties that their cases write exist in the clouds' SDKs.

A rule that reads a misspelt property never finds anything; here its failing cases would have to misspell it as well,
and that is told. Properties of objects that a program gives as text or leaves free (tags, policies) are not looked at.
"""

import json
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast, get_args, get_origin

import pytest
from pulumi import _types as sdk_types  # pyright: ignore[reportPrivateUsage] - nothing public tells an input's names

from meshfed.rules.bypasses.stateful import STATEFUL
from meshfed.rules.catalog import RULES
from meshfed.rules.kinds import kind_of
from tests.rules.cases import Case, all_cases

SDKS = {"aws": "pulumi_aws", "azure-native": "pulumi_azure_native", "gcp": "pulumi_gcp"}
OLD = frozenset(
    {
        "azure-native:authorization:RoleAssignmentScheduleRequest",
        "azure-native:authorization:RoleEligibilityScheduleRequest",
        "azure-native:compute:VirtualMachineRunCommand",
        "azure-native:network:FrontDoor",
        "azure-native:network:Policy",
    }
)
"""Kinds that only older versions of an SDK have, and programs that use these."""
OLD_PROPERTIES = frozenset({f"gcp:container/cluster:Cluster.masterAuth.{name}" for name in ("username", "password")})
"""Properties of the same sort."""
NO_SDK = re.compile(r"^(aws|gcp):index/")
"""What a bridged provider of that name would make; MF-G5 refuses it."""
MODULES = re.compile(r'resource_modules="""\n(.*?)"""', re.DOTALL)


@cache
def _classes() -> Mapping[str, tuple[str, str]]:
    """Module and class of every kind, as the SDKs list them for the engine."""
    found: dict[str, tuple[str, str]] = {}
    for package in SDKS.values():
        spec = find_spec(package)
        assert spec
        assert spec.origin
        listed = MODULES.search(Path(spec.origin).read_text(encoding="utf-8"))
        assert listed
        for module in json.loads(listed[1]):
            for token, name in module["classes"].items():
                kind = kind_of(token).name
                # Of several names of one thing the SDK itself uses the kind's own; the others may be gone.
                if kind == token or kind not in found:
                    found[kind] = (module["fqn"], name)
    return found


@cache
def _inputs(kind: str) -> type:
    """The SDK's class of a kind's inputs."""
    fqn, name = _classes()[kind]
    with warnings.catch_warnings():
        # The SDK warns of its own renamed resources as soon as one of its modules is loaded.
        warnings.simplefilter("ignore", DeprecationWarning)
        module = import_module(getattr(import_module(fqn), name).__module__)
    # Where a nested input has the name that the resource's own would have, the SDK calls the latter `InitArgs`.
    return cast("type", getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args"))


def _unknown_names(value: object, wanted: Sequence[object], path: str) -> Iterator[str]:
    if isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _unknown_names(item, wanted, path)
    if not isinstance(value, Mapping):
        return
    free = [kind for one in wanted for kind in _members_of_maps(one)]
    if free:
        for name, member in cast("Mapping[str, object]", value).items():
            yield from _unknown_names(member, free, f"{path}.{name}")
        return
    inner = [one for kind in wanted for one in _input_types(kind)]
    if not inner:
        return
    names = _members_of(inner)
    for name, member in cast("Mapping[str, object]", value).items():
        if name not in names:
            yield f"{path}.{name}"
        else:
            yield from _unknown_names(member, names[name], f"{path}.{name}")


def _members_of(inner: Sequence[type]) -> Mapping[str, Sequence[Any]]:
    """Names of the members of some types, with the types that they may have."""
    names: dict[str, list[Any]] = {}
    for one in inner:
        for name, kind in sdk_types.input_type_types(one).items():
            names.setdefault(name, []).append(kind)
    return names


def _input_types(kind: object) -> Iterator[type]:
    if isinstance(kind, type) and sdk_types.is_input_type(kind):
        yield kind
    for argument in get_args(kind):
        yield from _input_types(argument)


def _members_of_maps(kind: object) -> Iterator[object]:
    """What the members of a map with free names are, where a property is one."""
    if get_origin(kind) is Mapping:
        yield get_args(kind)[1]
        return
    for argument in get_args(kind):
        yield from _members_of_maps(argument)


def _of_clouds(case: Case) -> Iterator[tuple[str, Mapping[str, object]]]:
    for spec in case.specs:
        token = str(spec.get("type", ""))
        kind = kind_of(token).name
        if token.partition(":")[0] in SDKS and kind not in OLD and not NO_SDK.match(token):
            yield kind, spec.get("inputs") or {}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_kinds_that_a_rule_judges_exist(rule: object) -> None:
    kinds = [kind for kind in getattr(rule, "checks", {}) if kind.partition(":")[0] in SDKS]
    assert [kind for kind in kinds if kind not in _classes() and kind not in OLD] == []


def test_kinds_that_may_be_retained_exist() -> None:
    kinds = [kind for kind in STATEFUL if kind.partition(":")[0] in SDKS]
    assert [kind for kind in kinds if kind not in _classes()] == []


@pytest.mark.parametrize("case", [case for case in all_cases() if list(_of_clouds(case))], ids=str)
def test_a_case_writes_what_the_sdk_has(case: Case) -> None:
    for kind, inputs in _of_clouds(case):
        assert kind in _classes()
        assert set(_unknown_names(inputs, [_inputs(kind)], kind)) - OLD_PROPERTIES == set()
