"""What exists once in a project: its services, its audit logs and its defaults. Off unless a stack asks for it."""

from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read

SERVICES = (
    "cloudkms.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "compute.googleapis.com",
    "container.googleapis.com",
    "iam.googleapis.com",
    "iap.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "storage.googleapis.com",
)
"""What a region's stack calls."""
AUDITED = (
    "cloudkms.googleapis.com",
    "container.googleapis.com",
    "iam.googleapis.com",
    "iap.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
)
"""Services whose reads and writes of data are logged; changes of configuration always are."""
DEFAULTS = {"enable-oslogin": "TRUE", "block-project-ssh-keys": "TRUE", "serial-port-enable": "FALSE"}
"""Metadata that every machine of the project has unless its own says otherwise."""


class GcpAccountArgs(TypedDict):
    """What a project's own stack needs."""

    project: str
    """The project."""


class GcpAccount(pulumi.ComponentResource):
    """Services, data-access logs and machine defaults of one project."""

    project: pulumi.Output[str]
    """The project, once its services are on."""

    def __init__(self, name: str, args: GcpAccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpAccount", name, {}, opts)
        args = read(GcpAccountArgs, args)
        services = [
            gcp.projects.Service(
                f"{name}-{service.partition('.')[0]}",
                project=args["project"],
                service=service,
                # Others in the project may use it too.
                disable_on_destroy=False,
                opts=child(self),
            )
            for service in SERVICES
        ]
        for service in AUDITED:
            gcp.projects.IAMAuditConfig(
                f"{name}-audit-{service.partition('.')[0]}",
                project=args["project"],
                service=service,
                audit_log_configs=[
                    gcp.projects.IAMAuditConfigAuditLogConfigArgs(log_type=log_type)
                    for log_type in ("ADMIN_READ", "DATA_READ", "DATA_WRITE")
                ],
                opts=child(self),
            )
        for key, value in DEFAULTS.items():
            gcp.compute.ProjectMetadataItem(
                f"{name}-{key}", project=args["project"], key=key, value=value, opts=child(self)
            )
        self.project = pulumi.Output.all(args["project"], *[service.id for service in services]).apply(
            lambda known: str(known[0])
        )
        self.register_outputs({"project": self.project})
