"""One tunnel gateway: a machine that forwards, with fixed addresses and nothing on it that is worth keeping."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read
from meshfed.gcp.machines import disk_type

STORE_MARK = "@store_location@"
"""Stands for the bucket's name in user data."""
KEY_MARK = "@signer_key@"
"""Stands for the key version's resource name in user data."""
DISK_GIB = 20
"""System disk: Debian, the agent and its logs."""
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


class GcpGateway(pulumi.ComponentResource):
    """A machine that ends this region's tunnels."""

    public_address: pulumi.Output[str]
    """Address that peers dial; kept when the machine is replaced."""
    instance: pulumi.Output[str]
    """Self link of the machine."""

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
        instance = gcp.compute.Instance(
            f"{name}-machine",
            project=args["project"],
            zone=args["zone"],
            machine_type=args["size"],
            description="Tunnel gateway: ends the tunnels of its region",
            can_ip_forward=True,
            allow_stopping_for_update=True,
            boot_disk=_boot_disk(args),
            network_interfaces=[_interface(args["subnet"], private.address, public.address)],
            metadata=_metadata(args),
            service_account=gcp.compute.InstanceServiceAccountArgs(email=args["service_account"], scopes=[EVERY_API]),
            shielded_instance_config=gcp.compute.InstanceShieldedInstanceConfigArgs(
                enable_secure_boot=True, enable_vtpm=True, enable_integrity_monitoring=True
            ),
            labels=args["labels"],
            # Its fixed addresses belong to one machine at a time; changed user data is read by a new machine only.
            opts=pulumi.ResourceOptions(
                parent=self, delete_before_replace=True, replace_on_changes=['metadata["user-data"]']
            ),
        )
        self.public_address = public.address
        self.instance = instance.self_link
        self.register_outputs({"public_address": self.public_address, "instance": self.instance})


def _boot_disk(args: GcpGatewayArgs) -> gcp.compute.InstanceBootDiskArgs:
    return gcp.compute.InstanceBootDiskArgs(
        auto_delete=True,
        initialize_params=gcp.compute.InstanceBootDiskInitializeParamsArgs(
            image=args["image"], size=DISK_GIB, type=disk_type(args["size"]), labels=args["labels"]
        ),
    )


def _interface(
    subnet: pulumi.Input[str], private: pulumi.Output[str], public: pulumi.Output[str]
) -> gcp.compute.InstanceNetworkInterfaceArgs:
    return gcp.compute.InstanceNetworkInterfaceArgs(
        subnetwork=subnet,
        network_ip=private,
        nic_type="GVNIC",
        stack_type="IPV4_ONLY",
        access_configs=[gcp.compute.InstanceNetworkInterfaceAccessConfigArgs(nat_ip=public, network_tier="PREMIUM")],
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
