"""How a node pool is replaced: read from what the engine is asked for, since mocks do not show options.

What AKS refuses to change is taken from its documentation; no test here asks Azure.
"""

import doctest
from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

import pulumi

from meshfed.azure.node_pool import FIXED, AzureNodePool, AzureNodePoolArgs, pool_name
from meshfed_local.standins import replaces
from tests.azure.recorded import AzureRecorder
from tests.recorded import requests_of

ARGS: AzureNodePoolArgs = {
    "place": {"subscription": "s", "resource_group": "g", "location": "eastus", "tags": {}},
    "cluster": "acme-eus",
    "pool": "workers",
    "version": "1.36",
    "size": "Standard_D4ds_v6",
    "minimum": 3,
    "maximum": 9,
    "disk_gib": 128,
    "zones": ["1", "2", "3"],
    "subnet_id": "subnet",
}
KIND = "azure-native:containerservice:AgentPool"


def _program() -> Mapping[str, pulumi.Output[Any]]:
    return {"pool": AzureNodePool("nodes", ARGS).pool_id}


def test_what_aks_cannot_change_makes_a_new_pool_before_the_old_one_goes() -> None:
    pool = requests_of(AzureRecorder(), _program)[f"{KIND}::nodes-pool"]
    given = set(cast("Any", pool.object).keys())
    assert set(pool.replaceOnChanges) == set(FIXED) <= given
    assert {"osDiskSizeGB", "availabilityZones", "vnetSubnetID", "vmSize"} <= replaces.paths("azure-native", KIND)
    assert (pool.deleteBeforeReplaceDefined, pool.deleteBeforeReplace) == (True, False)
    assert list(pool.ignoreChanges) == ["count"]


def test_a_pool_that_must_be_made_anew_has_another_name() -> None:
    names = [
        pool_name("workers", "Standard_D4ds_v6", 128, ["1", "2", "3"]),
        pool_name("workers", "Standard_D8ds_v6", 128, ["1", "2", "3"]),
        pool_name("workers", "Standard_D4ds_v6", 256, ["1", "2", "3"]),
        pool_name("workers", "Standard_D4ds_v6", 128, ["1", "2", "4"]),
    ]
    assert len(set(names)) == len(names)
    assert {len(name) for name in names} == {12}


def test_the_examples_in_the_text_hold() -> None:
    assert doctest.testmod(import_module("meshfed.azure.node_pool")) == doctest.TestResults(0, 1)
