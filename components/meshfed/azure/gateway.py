"""One tunnel gateway: a virtual machine that nobody can sign in to, with a public address that outlives it."""

from base64 import b64encode
from typing import TypedDict

import pulumi
from pulumi_azure_native import compute, network

from meshfed._component import child, read
from meshfed.azure.keyless import keyless_ssh_key
from meshfed.azure.names import AzureImage
from meshfed.azure.place import AzurePlace
from meshfed.render.readiness import READY_SECONDS, readiness_script

LOGIN = "unused"


class AzureGatewayArgs(TypedDict):
    """What one tunnel gateway needs."""

    place: AzurePlace
    """Where it goes."""
    host: str
    """Its host name."""
    zone: str
    """Its zone."""
    address: str
    """Its fixed private address."""
    size: str
    """Machine size."""
    image: AzureImage
    """What it boots from."""
    user_data: pulumi.Input[str]
    """Its bootstrap; the same size however many regions there are, and without a secret."""
    subnet_id: pulumi.Input[str]
    """Subnet of the tunnel gateways."""
    group_id: pulumi.Input[str]
    """Its security group."""
    pool_id: pulumi.Input[str]
    """Pool of the load balancer in front of it."""
    identity_id: pulumi.Input[str]
    """ARM id of its machine identity."""
    health_port: int
    """TCP port on which its agent answers when it carries traffic."""


class AzureGateway(pulumi.ComponentResource):
    """A VM that ends this region's tunnels; its address and interface stay when the machine is replaced."""

    public_address: pulumi.Output[str]
    """Address that peers dial."""
    ready: pulumi.Output[str]
    """Id of the check that its agent runs; what depends on it waits for a working gateway."""

    def __init__(self, name: str, args: AzureGatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureGateway", name, {}, opts)
        args = read(AzureGatewayArgs, args)
        place = args["place"]
        address = network.PublicIPAddress(
            f"{name}-address",
            resource_group_name=place["resource_group"],
            location=place["location"],
            sku=network.PublicIPAddressSkuArgs(name="Standard", tier="Regional"),
            public_ip_allocation_method=network.IPAllocationMethod.STATIC,
            zones=[args["zone"]],
            tags=place["tags"],
            opts=child(self),
        )
        interface = self._interface(name, args, address.id)
        machine = self._machine(name, args, interface.id)
        ready = compute.VirtualMachineRunCommandByVirtualMachine(
            f"{name}-ready",
            run_command_name="ready",
            vm_name=machine.name,
            resource_group_name=place["resource_group"],
            location=place["location"],
            source=compute.VirtualMachineRunCommandScriptSourceArgs(script=readiness_script(args["health_port"])),
            # With a new machine or a new size the check runs again, and the pair's other half waits for it.
            parameters=[
                compute.RunCommandInputParameterArgs(name="machine", value=machine.vm_id),
                compute.RunCommandInputParameterArgs(name="size", value=args["size"]),
            ],
            timeout_in_seconds=READY_SECONDS,
            treat_failure_as_deployment_failure=True,
            tags=place["tags"],
            opts=child(self),
        )
        self.public_address = address.ip_address.apply(lambda value: value or "")
        self.ready = ready.id
        self.register_outputs({"public_address": self.public_address, "ready": self.ready})

    def _interface(self, name: str, args: AzureGatewayArgs, address_id: pulumi.Output[str]) -> network.NetworkInterface:
        place = args["place"]
        return network.NetworkInterface(
            f"{name}-interface",
            resource_group_name=place["resource_group"],
            location=place["location"],
            enable_ip_forwarding=True,
            enable_accelerated_networking=True,
            network_security_group=network.NetworkSecurityGroupArgs(id=args["group_id"]),
            ip_configurations=[
                network.NetworkInterfaceIPConfigurationArgs(
                    name="outer",
                    primary=True,
                    private_ip_address=args["address"],
                    private_ip_allocation_method=network.IPAllocationMethod.STATIC,
                    subnet=network.SubnetArgs(id=args["subnet_id"]),
                    public_ip_address=network.PublicIPAddressArgs(id=address_id),
                    load_balancer_backend_address_pools=[network.BackendAddressPoolArgs(id=args["pool_id"])],
                )
            ],
            tags=place["tags"],
            opts=child(self),
        )

    def _machine(self, name: str, args: AzureGatewayArgs, interface_id: pulumi.Output[str]) -> compute.VirtualMachine:
        place = args["place"]
        options = child(self)
        # The interface with the fixed address fits one machine; Azure takes new user data and images for new ones only.
        options.delete_before_replace = True
        options.replace_on_changes = ["osProfile", "storageProfile", "securityProfile", "zones"]
        return compute.VirtualMachine(
            f"{name}-machine",
            # The same name again: its readiness check is then changed, not replaced.
            vm_name=args["host"],
            resource_group_name=place["resource_group"],
            location=place["location"],
            zones=[args["zone"]],
            hardware_profile=compute.HardwareProfileArgs(vm_size=args["size"]),
            identity=compute.VirtualMachineIdentityArgs(
                type=compute.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[args["identity_id"]]
            ),
            network_profile=compute.NetworkProfileArgs(
                network_interfaces=[
                    compute.NetworkInterfaceReferenceArgs(id=interface_id, primary=True, delete_option="Detach")
                ]
            ),
            os_profile=_system(args),
            security_profile=_hardening(),
            storage_profile=_disk(args["image"]),
            # Boot log and serial console, the way in of last resort; both need a right of their own and are logged.
            diagnostics_profile=compute.DiagnosticsProfileArgs(
                boot_diagnostics=compute.BootDiagnosticsArgs(enabled=True)
            ),
            tags=place["tags"],
            opts=options,
        )


def _system(args: AzureGatewayArgs) -> compute.OSProfileArgs:
    key = compute.SshPublicKeyArgs(path=f"/home/{LOGIN}/.ssh/authorized_keys", key_data=keyless_ssh_key("gateway"))
    return compute.OSProfileArgs(
        computer_name=args["host"],
        admin_username=LOGIN,
        custom_data=pulumi.Output.from_input(args["user_data"]).apply(_base64),
        allow_extension_operations=True,
        linux_configuration=compute.LinuxConfigurationArgs(
            disable_password_authentication=True,
            provision_vm_agent=True,
            # The agent's host updates itself; Azure changes no packages on it.
            patch_settings=compute.LinuxPatchSettingsArgs(patch_mode="ImageDefault", assessment_mode="ImageDefault"),
            ssh=compute.SshConfigurationArgs(public_keys=[key]),
        ),
    )


def _hardening() -> compute.SecurityProfileArgs:
    # Audit, not Enforce: a stock image lacks Azure's metadata proxy, and enforcing would cut it off from its identity.
    audit = compute.HostEndpointSettingsArgs(mode=compute.Modes.AUDIT)
    return compute.SecurityProfileArgs(
        security_type=compute.SecurityTypes.TRUSTED_LAUNCH,
        uefi_settings=compute.UefiSettingsArgs(secure_boot_enabled=True, v_tpm_enabled=True),
        encryption_at_host=True,
        proxy_agent_settings=compute.ProxyAgentSettingsArgs(enabled=True, imds=audit, wire_server=audit),
    )


def _disk(image: AzureImage) -> compute.StorageProfileArgs:
    return compute.StorageProfileArgs(
        image_reference=compute.ImageReferenceArgs(
            id=image.get("id"),
            publisher=image.get("publisher"),
            offer=image.get("offer"),
            sku=image.get("sku"),
            version=image.get("version"),
        ),
        os_disk=compute.OSDiskArgs(
            create_option=compute.DiskCreateOptionTypes.FROM_IMAGE,
            delete_option=compute.DiskDeleteOptionTypes.DELETE,
            caching=compute.CachingTypes.READ_ONLY,
            managed_disk=compute.ManagedDiskParametersArgs(
                storage_account_type=compute.StorageAccountTypes.PREMIUM_LRS
            ),
        ),
    )


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
