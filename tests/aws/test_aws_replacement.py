"""How a gateway is replaced: read from what the engine is asked for, since mocks do not show options."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import pulumi
from pulumi.runtime.proto import resource_pb2

from meshfed.aws.gateway_pair import AwsGatewayPair
from meshfed.aws.region_inputs import AwsRegionArgs
from tests.aws.recorded import AwsRecorder
from tests.recorded import Requests, requests_of


def _pair(args: AwsRegionArgs, image: str | None = None) -> Requests:
    settings = args["gateways"].copy()
    if image:
        settings["image_id"] = image

    def program() -> Mapping[str, pulumi.Output[Any]]:
        pair = AwsGatewayPair(
            "gw",
            {
                "settings": settings,
                "subnet_ids": ["subnet-a", "subnet-b"],
                "security_group_ids": ["sg-0"],
                "profile": "profile",
                "route_server_endpoint_ids": ["rse-a", "rse-b"],
                "ready_document": "ready",
            },
        )
        return {"addresses": pair.addresses}

    return requests_of(AwsRecorder(), program)


def _vms(requests: Requests) -> Mapping[str, resource_pb2.RegisterResourceRequest]:
    return {gateway: requests[f"aws:ec2/instance:Instance::gw-{gateway}-vm"] for gateway in "ab"}


def test_gateways_are_replaced_one_at_a_time_and_the_old_one_goes_first(
    args_of: Callable[..., AwsRegionArgs],
) -> None:
    vms = _vms(_pair(args_of(3)))
    assert all(vm.deleteBeforeReplace for vm in vms.values())
    assert not any("gw-b-" in urn for urn in vms["a"].dependencies)
    assert any(urn.endswith("gw-a-ready") for urn in vms["b"].dependencies)
    # As a property it would make the engine replace b together with a, at the same time.
    of_b = [urn for deps in vms["b"].propertyDependencies.values() for urn in deps.urns]
    assert not any(urn.endswith(("gw-a-vm", "gw-a-ready")) for urn in of_b)


def test_a_gateway_counts_as_standing_when_its_agent_runs(args_of: Callable[..., AwsRegionArgs]) -> None:
    requests = _pair(args_of(3))
    for gateway in "ab":
        check = requests[f"aws:ssm/association:Association::gw-{gateway}-ready"]
        given = cast("Any", check.object)
        assert given["name"] == "ready"
        assert given["waitForSuccessTimeoutSeconds"] == 1200
        # Only a new association is waited for: a new machine, or one of a new size, needs one.
        assert (list(check.replaceOnChanges), dict(given["parameters"])) == (
            ["targets", "parameters"],
            {"size": "c6in.large"},
        )
        assert [list(target["values"]) for target in given["targets"]] == [[f"gw-{gateway}-vm-id"]]


def test_a_newer_image_replaces_no_gateway_unless_settings_name_it(args_of: Callable[..., AwsRegionArgs]) -> None:
    args = args_of(3)
    assert {tuple(vm.ignoreChanges) for vm in _vms(_pair(args)).values()} == {("ami",)}
    assert {tuple(vm.ignoreChanges) for vm in _vms(_pair(args, "ami-1")).values()} == {()}


def test_addresses_do_not_belong_to_the_vm(args_of: Callable[..., AwsRegionArgs]) -> None:
    requests = _pair(args_of(3))
    kept = [
        request
        for key, request in requests.items()
        if key.startswith(("aws:ec2/eip:", "aws:ec2/networkInterface:", "aws:ec2/eipAssociation:"))
    ]
    assert len(kept) == 6
    assert not any(urn.endswith("-vm") for request in kept for urn in request.dependencies)
