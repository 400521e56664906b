"""What closes a network: everything that no firewall rule lets through is refused and logged."""

from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read

LAST_PRIORITIES = {"INGRESS": 65000, "EGRESS": 65001}
"""After every rule that an owner of the network may add; a policy holds one rule a priority, whatever its direction."""
EVERYWHERE = "0.0.0.0/0"


class GcpDefaultDenyArgs(TypedDict):
    """What is closed."""

    project: str
    """Project of the network."""
    network: pulumi.Input[str]
    """Self link of the network."""


class GcpDefaultDeny(pulumi.ComponentResource):
    """A firewall policy that refuses and logs, both ways, what no rule of the network allows."""

    policy: pulumi.Output[str]
    """Name of the policy."""

    def __init__(self, name: str, args: GcpDefaultDenyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpDefaultDeny", name, {}, opts)
        args = read(GcpDefaultDenyArgs, args)
        policy = gcp.compute.NetworkFirewallPolicy(
            f"{name}-policy",
            project=args["project"],
            description="Refuses and logs what no rule of the network allows",
            opts=child(self),
        )
        # Any TCP, UDP, ICMP or other packet: `all` is right in a rule that refuses.
        any_packet = [gcp.compute.NetworkFirewallPolicyRuleMatchLayer4ConfigArgs(ip_protocol="all")]
        matches = {
            "INGRESS": gcp.compute.NetworkFirewallPolicyRuleMatchArgs(
                layer4_configs=any_packet, src_ip_ranges=[EVERYWHERE]
            ),
            "EGRESS": gcp.compute.NetworkFirewallPolicyRuleMatchArgs(
                layer4_configs=any_packet, dest_ip_ranges=[EVERYWHERE]
            ),
        }
        for direction, match in matches.items():
            gcp.compute.NetworkFirewallPolicyRule(
                f"{name}-{direction.lower()}",
                project=args["project"],
                firewall_policy=policy.name,
                rule_name=f"deny-{direction.lower()}",
                description="Refuses and logs the rest",
                priority=LAST_PRIORITIES[direction],
                direction=direction,
                action="deny",
                enable_logging=True,
                match=match,
                opts=child(self),
            )
        gcp.compute.NetworkFirewallPolicyAssociation(
            f"{name}-association",
            project=args["project"],
            firewall_policy=policy.name,
            attachment_target=args["network"],
            opts=child(self),
        )
        self.policy = policy.name
        self.register_outputs({"policy": self.policy})
