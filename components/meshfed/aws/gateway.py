"""One tunnel gateway: a hardened VM behind an interface and two addresses that outlive it."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.render.readiness import READY_SECONDS

DISK_GIB = 16
"""Size of the system disk, in GiB."""


class AwsGatewayArgs(TypedDict):
    """What one tunnel gateway needs."""

    location: str
    """The AWS location."""
    subnet_id: pulumi.Input[str]
    """Public subnet of its zone."""
    private_address: str
    """Its fixed private address."""
    security_group_ids: pulumi.Input[list[str]]
    """Security groups of its interface."""
    size: str
    """Machine size."""
    image_id: pulumi.Input[str]
    """What it boots from."""
    keeps_image: bool
    """Whether a newer image leaves it as it is: true where the image was looked up, false where settings name it."""
    user_data: str
    """Its bootstrap, without any secret; a change replaces it."""
    profile: pulumi.Input[str]
    """Instance profile."""
    route_server_endpoint_id: pulumi.Input[str]
    """Route server endpoint that it announces routes to."""
    asn: int
    """ASN of its region."""
    ready_document: pulumi.Input[str]
    """Name of the document that waits until its agent runs."""
    stands_after: NotRequired[aws.ssm.Association]
    """The other gateway's check: it works again before this one is replaced."""
    tags: dict[str, str]
    """Tags."""


class AwsGateway(pulumi.ComponentResource):
    """A VM that ends this region's tunnels."""

    public_address: pulumi.Output[str]
    """Address that peers send to; kept when the VM is replaced."""
    instance_id: pulumi.Output[str]
    """Id of the VM."""

    def __init__(self, name: str, args: AwsGatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsGateway", name, {}, opts)
        args = read(AwsGatewayArgs, args)
        location, tags = args["location"], {**args["tags"], "Name": name}
        interface = aws.ec2.NetworkInterface(
            f"{name}-interface",
            description=name,
            subnet_id=args["subnet_id"],
            private_ips=[args["private_address"]],
            security_groups=args["security_group_ids"],
            # It forwards what is not addressed to it.
            source_dest_check=False,
            region=location,
            tags=tags,
            opts=child(self),
        )
        address = aws.ec2.Eip(f"{name}-address", domain="vpc", region=location, tags=tags, opts=child(self))
        attached = aws.ec2.EipAssociation(
            f"{name}-address",
            allocation_id=address.id,
            network_interface_id=interface.id,
            region=location,
            opts=child(self),
        )
        aws.vpc.RouteServerPeer(
            f"{name}-session",
            route_server_endpoint_id=args["route_server_endpoint_id"],
            peer_address=interface.private_ip,
            bgp_options={"peer_asn": args["asn"], "peer_liveness_detection": "bfd"},
            region=location,
            tags=tags,
            opts=child(self),
        )
        self.instance = self._instance(name, args, attached.network_interface_id)
        self.ready = self._ready(name, args)
        self.public_address = address.public_ip
        self.instance_id = self.instance.id
        self.register_outputs({"public_address": self.public_address, "instance_id": self.instance_id})

    def _instance(self, name: str, args: AwsGatewayArgs, interface_id: pulumi.Output[str]) -> aws.ec2.Instance:
        tags = {**args["tags"], "Name": name}
        return aws.ec2.Instance(
            f"{name}-vm",
            ami=args["image_id"],
            instance_type=args["size"],
            primary_network_interface={"network_interface_id": interface_id},
            iam_instance_profile=args["profile"],
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
                "instance_metadata_tags": "disabled",
            },
            root_block_device={
                "encrypted": True,
                "volume_type": "gp3",
                "volume_size": DISK_GIB,
                "delete_on_termination": True,
                "tags": tags,
            },
            monitoring=True,
            user_data=args["user_data"],
            user_data_replace_on_change=True,
            region=args["location"],
            tags=tags,
            opts=_one_at_a_time(self, args),
        )

    def _ready(self, name: str, args: AwsGatewayArgs) -> aws.ssm.Association:
        """The check of this very machine; it is waited for only when it is made, so a change makes a new one."""
        options = child(self)
        options.replace_on_changes = ["targets", "parameters"]
        options.delete_before_replace = True
        return aws.ssm.Association(
            f"{name}-ready",
            name=args["ready_document"],
            association_name=name,
            targets=[{"key": "InstanceIds", "values": [self.instance.id]}],
            parameters={"size": args["size"]},
            wait_for_success_timeout_seconds=READY_SECONDS,
            region=args["location"],
            tags=args["tags"],
            opts=options,
        )


def _one_at_a_time(parent: pulumi.ComponentResource, args: AwsGatewayArgs) -> pulumi.ResourceOptions:
    options = child(parent, after=args.get("stands_after"))
    # The interface can be on one VM only, so the old one goes first; the other gateway carries the traffic meanwhile.
    options.delete_before_replace = True
    options.ignore_changes = ["ami"] if args["keeps_image"] else None
    return options
