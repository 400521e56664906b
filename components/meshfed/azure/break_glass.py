"""The alarm on every way into a tunnel gateway: Run Command and the serial console, both through Azure's own API."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import monitor

from meshfed._component import child, read
from meshfed.azure.place import AzurePlace

WAYS_IN = (
    "Microsoft.Compute/virtualMachines/runCommand/action",
    "Microsoft.Compute/virtualMachines/runCommands/write",
    "Microsoft.Compute/virtualMachines/extensions/write",
    "Microsoft.SerialConsole/serialPorts/connect/action",
)


class AzureBreakGlassArgs(TypedDict):
    """What the alarm needs."""

    place: AzurePlace
    """The resource group of the gateways."""


class AzureBreakGlass(pulumi.ComponentResource):
    """An alarm when someone runs a command on a tunnel gateway or opens its console; the activity log says who."""

    alert_id: pulumi.Output[str]
    """ARM id of the alert; give it an action group to be told."""

    def __init__(self, name: str, args: AzureBreakGlassArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureBreakGlass", name, {}, opts)
        args = read(AzureBreakGlassArgs, args)
        place = args["place"]
        group = pulumi.Output.concat(f"/subscriptions/{place['subscription']}/resourceGroups/", place["resource_group"])
        ways_in = [monitor.AlertRuleLeafConditionArgs(field="operationName", equals=way) for way in WAYS_IN]
        alert = monitor.ActivityLogAlert(
            f"{name}-alarm",
            resource_group_name=place["resource_group"],
            location="Global",
            scopes=[group],
            enabled=True,
            description="Someone entered a tunnel gateway. A deployment does so only when it replaces one.",
            condition=monitor.AlertRuleAllOfConditionArgs(
                all_of=[
                    monitor.AlertRuleAnyOfOrLeafConditionArgs(field="category", equals="Administrative"),
                    monitor.AlertRuleAnyOfOrLeafConditionArgs(any_of=ways_in),
                ]
            ),
            actions=monitor.ActionListArgs(action_groups=[]),
            tags=place["tags"],
            opts=child(self),
        )
        self.alert_id = alert.id
        self.register_outputs({"alert_id": self.alert_id})
