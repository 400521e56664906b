"""A region in its own cloud: network, tunnel gateways, cluster, own store and signing keys. Cloud API only."""

from pathlib import Path
from tempfile import NamedTemporaryFile

import pulumi

from meshfed.errors import Fault, SettingsError
from meshfed.render.release import AgentRelease
from meshfed.settings.region import AwsRegion, AzureRegion, GcpRegion
from meshfed.topology.plan import Plan
from meshfed.values import Duty
from meshfed_agent import release

DIST = Path("dist")
"""Where the agent's release is built, from the project's folder; the same source gives the same bytes."""
OUTPUTS = (
    "network_id",
    "cluster_name",
    "cluster_id",
    "issuer",
    "gateway_addresses",
    "gateway_identity",
    "peer_key",
    "bundle_key",
    "store",
)
"""What a region tells; `meshfed pin` takes the facts from it."""


def deploy(plan: Plan, key: str) -> None:
    """Deploys one region's slice of the plan."""
    region = plan.regions.get(key)
    if region is None or not region.state.is_deployed:
        state = plan.federation.regions[key].state.value if key in plan.federation.regions else "not in the settings"
        hint = "If its stack still stands, take it down with `pulumi destroy`."
        raise SettingsError(f"stack {pulumi.get_stack()}", [Fault("meshfed:key", key, f"is {state}.", hint)])
    component = _component(plan, key, region.settings)
    pulumi.export("cloud", region.cloud.value)
    pulumi.export("epoch", region.settings.epoch)
    peers = plan.open_peers(key)
    pulumi.export("opened", [peer.key for peer in peers])
    relied_on = {one.key: one.facts.digest for one in (region, *peers) if one.facts is not None}
    pulumi.export("relied_on", relied_on)
    for name in OUTPUTS:
        pulumi.export(name, getattr(component, name))


# Each cloud is imported where it is used: its SDK costs a second or more, and a stack needs one of the three.
def _component(plan: Plan, key: str, settings: AwsRegion | AzureRegion | GcpRegion) -> pulumi.ComponentResource:
    match settings:
        case AwsRegion():
            return _aws(plan, key, settings)
        case AzureRegion():
            return _azure(plan, key, settings)
        case GcpRegion():
            return _gcp(plan, key, settings)


def _aws(plan: Plan, key: str, settings: AwsRegion) -> pulumi.ComponentResource:
    from meshfed.aws import arguments, providers, region  # noqa: PLC0415 - see above

    owners = providers.providers(settings)
    args = arguments.region_args(plan, key, _release())
    args["providers"] = owners
    return region.AwsRegion(key, args, pulumi.ResourceOptions(providers=[owners[Duty.NETWORK]]))


def _azure(plan: Plan, key: str, settings: AzureRegion) -> pulumi.ComponentResource:
    from meshfed.azure import arguments, providers, region  # noqa: PLC0415 - see above

    owners = providers.providers(settings)
    args = arguments.region_args(plan, key, _release())
    args["providers"] = owners
    return region.AzureRegion(key, args, pulumi.ResourceOptions(providers=[owners[Duty.NETWORK]]))


def _gcp(plan: Plan, key: str, settings: GcpRegion) -> pulumi.ComponentResource:
    from meshfed.gcp import arguments, providers, region  # noqa: PLC0415 - see above

    owners = providers.providers(settings)
    args = arguments.region_args(plan, key, _release())
    args["providers"] = owners
    return region.GcpRegion(key, args, pulumi.ResourceOptions(providers=[owners[Duty.NETWORK]]))


def _release() -> AgentRelease:
    program = release.archive()
    built = release.describe(program)
    target = DIST / f"meshfed-agent-{built.version}.pyz"
    if not target.exists() or target.read_bytes() != program:
        DIST.mkdir(exist_ok=True)
        # Two stacks may be deployed at the same moment: each writes a file of its own and puts it in place whole.
        with NamedTemporaryFile(dir=DIST, delete=False) as draft:
            draft.write(program)
        Path(draft.name).replace(target)
    return AgentRelease(version=built.version, sha256=built.sha256, path=str(target))
