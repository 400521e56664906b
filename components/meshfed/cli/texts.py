"""What a cloud would refuse of the texts that gateways boot from, before anything is deployed."""

from collections.abc import Iterator

from meshfed.errors import Fault, PlanError, RenderError
from meshfed.render.agent_settings import GatewayHost
from meshfed.render.cloud_init import user_data
from meshfed.topology.plan import Plan
from meshfed.values import GatewayName

# Only a cloud knows the real ones; these are as long as the longest names that its store and its key can have.
_LONGEST_HOST = GatewayHost(
    store_kind="azure_blob",
    store_location="x" * 128,
    store_region="x" * 20,
    signer_kind="azure_key_vault",
    signer_key="x" * 256,
    signer_region="x" * 20,
)


def refuse_text_faults(plan: Plan) -> None:
    """Raises PlanError with every text that could not be rendered when its stack goes up."""
    found = list(_text_faults(plan))
    if found:
        raise PlanError("plan", found)


def _text_faults(plan: Plan) -> Iterator[Fault]:
    for key in plan.regions:
        try:
            user_data(plan, key, GatewayName.A, _LONGEST_HOST)
        except RenderError as error:
            path = f"regions.{key}"
            yield Fault(path, "", str(error).removeprefix(f"{path}: "), "")
