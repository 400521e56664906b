"""One tunnel gateway: a machine that forwards, with fixed addresses and nothing on it that is worth keeping.

The machine belongs to an instance group of one, since a group is what Google Cloud lets an engine wait for: an update
of the group ends when the new machine was seen healthy, and fails when it was not within the provider's 15 minutes.
"""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read
from meshfed.gcp.machines import disk_type
from meshfed.values import physical_name

STORE_MARK = "@store_location@"
"""Stands for the bucket's name in user data."""
KEY_MARK = "@signer_key@"
"""Stands for the key version's resource name in user data."""
DISK_GIB = 20
"""System disk: Debian, the agent and its logs."""
PATIENCE_SECONDS = 3600
"""How long a new machine may take until it is healthy, the longest that a group takes: the engine gives up before."""
MACHINE_NAME_LIMIT = 58
"""Characters of a machine's name before the group's own suffix (instanceGroupManagers.insert)."""
EVERY_API = "https://www.googleapis.com/auth/cloud-platform"
"""The scope under which IAM alone decides what the service account may do."""


class GcpGatewayArgs(TypedDict):
    """What one tunnel gateway needs."""

    project: str
    """Project of the gateway."""
    location: str
    """Google Cloud region."""
    zone: str
    """Its zone."""
    labels: Mapping[str, str]
    """Labels of the machine, its disk and its addresses."""
    subnet: pulumi.Input[str]
    """Self link of the tunnel gateways' subnet."""
    private_address: str
    """Its fixed address in that subnet."""
    size: str
    """Machine size."""
    image: str
    """Image or family of images that it boots from."""
    service_account: pulumi.Input[str]
    """E-mail address of the service account that it runs as."""
    user_data: str
    """cloud-init user data, in which two marks stand for the store's and the key's names."""
    store: pulumi.Input[str]
    """Name of the region's own store."""
    signing_key: pulumi.Input[str]
    """Resource name of the key version that signs peer documents."""
    startup_script: str
    """What runs at each boot before user data is read."""
    ready_check: pulumi.Input[str]
    """Id of the health check that tells whether the machine works."""


class GcpGateway(pulumi.ComponentResource):
    """A machine that ends this region's tunnels."""

    public_address: pulumi.Output[str]
    """Address that peers dial; kept when the machine is replaced."""
    group: pulumi.Output[str]
    """Self link of the instance group of this one machine; what depends on it waits for a working gateway."""

    def __init__(self, name: str, args: GcpGatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpGateway", name, {}, opts)
        args = read(GcpGatewayArgs, args)
        public = gcp.compute.Address(
            f"{name}-public",
            project=args["project"],
            region=args["location"],
            address_type="EXTERNAL",
            network_tier="PREMIUM",
            labels=args["labels"],
            opts=child(self),
        )
        private = gcp.compute.Address(
            f"{name}-private",
            project=args["project"],
            region=args["location"],
            address_type="INTERNAL",
            subnetwork=args["subnet"],
            address=args["private_address"],
            labels=args["labels"],
            opts=child(self),
        )
        template = _template(self, name, args, (private.address, public.address))
        group = _group(self, name, args, template.self_link)
        self.public_address = public.address
        self.group = group.instance_group
        self.register_outputs({"public_address": self.public_address, "group": self.group})


def _template(
    parent: GcpGateway, name: str, args: GcpGatewayArgs, addresses: tuple[pulumi.Output[str], pulumi.Output[str]]
) -> gcp.compute.RegionInstanceTemplate:
    """What the machine is; whatever changes in it makes a new template, and the group a new machine."""
    return gcp.compute.RegionInstanceTemplate(
        f"{name}-template",
        project=args["project"],
        region=args["location"],
        machine_type=args["size"],
        instance_description="Tunnel gateway: ends the tunnels of its region",
        can_ip_forward=True,
        disks=[_boot_disk(args)],
        network_interfaces=[_interface(args["subnet"], addresses)],
        metadata=_metadata(args),
        service_account=gcp.compute.RegionInstanceTemplateServiceAccountArgs(
            email=args["service_account"], scopes=[EVERY_API]
        ),
        shielded_instance_config=gcp.compute.RegionInstanceTemplateShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_vtpm=True, enable_integrity_monitoring=True
        ),
        labels=args["labels"],
        opts=child(parent),
    )


def _group(
    parent: GcpGateway, name: str, args: GcpGatewayArgs, template: pulumi.Output[str]
) -> gcp.compute.InstanceGroupManager:
    options = child(parent)
    # A second group could not take the addresses while the first one has them.
    options.delete_before_replace = True
    return gcp.compute.InstanceGroupManager(
        f"{name}-group",
        project=args["project"],
        zone=args["zone"],
        description="One tunnel gateway",
        base_instance_name=physical_name(MACHINE_NAME_LIMIT, name),
        versions=[gcp.compute.InstanceGroupManagerVersionArgs(instance_template=template)],
        target_size=1,
        # STABLE alone may be said of the old machine still, before the group has begun.
        wait_for_instances=True,
        wait_for_instances_status="UPDATED",
        auto_healing_policies=gcp.compute.InstanceGroupManagerAutoHealingPoliciesArgs(
            health_check=args["ready_check"], initial_delay_sec=PATIENCE_SECONDS
        ),
        # A failed check holds the update back and heals nothing: tunnels outlive an agent that fails, and two groups
        # that heal by themselves would not do it one at a time. A machine that is gone is made again.
        instance_lifecycle_policy=gcp.compute.InstanceGroupManagerInstanceLifecyclePolicyArgs(
            default_action_on_failure="REPAIR", on_failed_health_check="DO_NOTHING", force_update_on_repair="NO"
        ),
        # The old machine goes first, since the addresses are on one machine at a time; the pair's other one carries.
        update_policy=gcp.compute.InstanceGroupManagerUpdatePolicyArgs(
            type="PROACTIVE",
            minimal_action="REPLACE",
            most_disruptive_allowed_action="REPLACE",
            replacement_method="RECREATE",
            max_surge_fixed=0,
            max_unavailable_fixed=1,
        ),
        opts=options,
    )


def _boot_disk(args: GcpGatewayArgs) -> gcp.compute.RegionInstanceTemplateDiskArgs:
    return gcp.compute.RegionInstanceTemplateDiskArgs(
        boot=True,
        auto_delete=True,
        source_image=args["image"],
        disk_size_gb=DISK_GIB,
        disk_type=disk_type(args["size"]),
        labels=args["labels"],
    )


def _interface(
    subnet: pulumi.Input[str], addresses: tuple[pulumi.Output[str], pulumi.Output[str]]
) -> gcp.compute.RegionInstanceTemplateNetworkInterfaceArgs:
    private, public = addresses
    return gcp.compute.RegionInstanceTemplateNetworkInterfaceArgs(
        subnetwork=subnet,
        network_ip=private,
        nic_type="GVNIC",
        stack_type="IPV4_ONLY",
        access_configs=[
            gcp.compute.RegionInstanceTemplateNetworkInterfaceAccessConfigArgs(nat_ip=public, network_tier="PREMIUM")
        ],
    )


def _metadata(args: GcpGatewayArgs) -> dict[str, pulumi.Input[str]]:
    user_data = pulumi.Output.all(args["store"], args["signing_key"]).apply(
        lambda names: args["user_data"].replace(STORE_MARK, names[0]).replace(KEY_MARK, names[1])
    )
    return {
        "startup-script": args["startup_script"],
        "user-data": user_data,
        "enable-oslogin": "TRUE",
        "block-project-ssh-keys": "TRUE",
        # Break-glass opens it for a while (docs/reference-gcp.md).
        "serial-port-enable": "FALSE",
        # What the serial port shows goes to Cloud Logging, a break-glass session included.
        "serial-port-logging-enable": "TRUE",
    }
