"""What tells Google Cloud that a new tunnel gateway works, before the other gateway of the pair is touched."""

from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read


class GcpReadinessArgs(TypedDict):
    """What the check needs."""

    project: str
    """Project of the gateways."""
    port: int
    """TCP port that a gateway's agent opens when the machine works."""


class GcpReadiness(pulumi.ComponentResource):
    """A health check of the machine alone: its peers and links do not change the answer."""

    check: pulumi.Output[str]
    """Id of the check."""

    def __init__(self, name: str, args: GcpReadinessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpReadiness", name, {}, opts)
        args = read(GcpReadinessArgs, args)
        # A global one: instance groups are documented to take no other kind.
        check = gcp.compute.HealthCheck(
            f"{name}-check",
            project=args["project"],
            description="Whether a tunnel gateway's agent runs and has applied its document",
            check_interval_sec=10,
            timeout_sec=5,
            healthy_threshold=2,
            unhealthy_threshold=6,
            tcp_health_check=gcp.compute.HealthCheckTcpHealthCheckArgs(port=args["port"]),
            log_config=gcp.compute.HealthCheckLogConfigArgs(enable=True),
            opts=child(self),
        )
        self.check = check.id
        self.register_outputs({"check": self.check})
