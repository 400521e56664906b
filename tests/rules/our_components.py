"""Our own components in every setting of the gallery, judged by every rule.

The clouds are mocked, so that every output is known as it is in `up`. What the real engine sees is in tests/engine.
"""

import warnings
from collections.abc import Iterator, Mapping
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import pulumi
from google.protobuf import json_format

from meshfed.rules.catalog import RULES
from meshfed.rules.gate import Policy, Report, judge
from meshfed.rules.resource import Options, Resource, resource_of
from meshfed.settings.gate import Exceptions
from meshfed.settings.load import load_exceptions, load_federation
from meshfed.topology.build import draft
from meshfed.topology.plan import Plan
from meshfed.values import Cloud
from stacks.region import deploy
from tests.aws.recorded import AwsRecorder
from tests.azure.recorded import PARENT, AzureRecorder
from tests.gcp.recorded import GcpRecorder
from tests.recorded import Outputs, Recorder, Requests, requests_of
from tests.topology.federations import facts_for

with warnings.catch_warnings():
    # The SDK warns of its own renamed resources as soon as one of its modules is loaded, which a stack does late.
    warnings.simplefilter("ignore", DeprecationWarning)
    import_module("meshfed.aws.region")


class AzureIds(AzureRecorder):
    """Azure with ids that say of what type a thing is, as rules read them."""

    def answer(self, kind: str, name: str, inputs: Mapping[str, Any]) -> tuple[str, Outputs]:
        _, module, type_ = kind.split(":")
        _, outputs = super().answer(kind, name, inputs)
        own = {"ManagedCluster": "resourceName", "Vault": "vaultName"}.get(type_, "")
        return f"{PARENT}/Microsoft.{module}/{type_}s/{inputs.get(own, name)}", outputs


CONFIG = Path(__file__).parents[2] / "stacks/config"
RECORDERS: dict[Cloud, type[Recorder]] = {
    Cloud.AWS: AwsRecorder,
    Cloud.AZURE: AzureIds,
    Cloud.GCP: GcpRecorder,
}
REFUSED = "infeasible"


def _plan(settings: Path) -> Plan:
    federation = load_federation(settings)
    return draft(federation, facts_for(*federation.regions))


def regions() -> Iterator[tuple[str, str]]:
    """Every region that is deployed, by its settings file (from stacks/config) and its key."""
    for settings in (CONFIG / "federation.yaml", *sorted((CONFIG / "gallery").glob("*.yaml"))):
        if settings.stem != REFUSED:
            for key, region in load_federation(settings).regions.items():
                if region.state.is_deployed:
                    yield str(settings.relative_to(CONFIG)), key


def _exceptions(settings: str) -> Exceptions:
    """What the owner of a setting takes on, as the file beside it says."""
    path = (CONFIG / settings).parent / "exceptions" / Path(settings).name
    return load_exceptions(path) if path.exists() else Exceptions()


def _resources(requests: Requests, key: str) -> list[Resource]:
    return [
        resource_of(
            request.type,
            f"{request.parent.rpartition('::')[0]}${request.type}::{request.name}".replace(":test:", f":{key}:", 1),
            json_format.MessageToDict(request.object),
            options=Options(ignore_changes=tuple(request.ignoreChanges), retain_on_delete=request.retainOnDelete),
            provider=request.provider.rpartition("::")[0],
        )
        for request in requests.values()
        if not request.type.startswith("pulumi:")
    ]


def judged(settings: str, key: str) -> Report:
    """What all rules say of a region; the project's folder has to be the current one, as it is for a stack."""
    plan = _plan(CONFIG / settings)

    def program() -> dict[str, pulumi.Input[object]]:
        deploy(plan, key)
        return {}

    resources = _resources(requests_of(RECORDERS[plan.regions[key].cloud](), program), key)
    policy = Policy(RULES, date(2026, 11, 21), exceptions=_exceptions(settings))
    return judge(policy, {f"urn:pulumi:{key}::": resources}, plan)
