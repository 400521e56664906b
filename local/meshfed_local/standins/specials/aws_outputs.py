"""Outputs that AWS's services decide: addresses, issuers, endpoints, what a thing takes over from another."""

from collections.abc import Mapping
from typing import Any, Final

from meshfed_local.standins import keys
from meshfed_local.standins.cloud import Maker
from meshfed_local.standins.making import Making
from meshfed_local.standins.specials.aws_ids import arn
from meshfed_local.standins.specials.scope import aws_region


def _vpc_of(making: Making, subnets: Any) -> str:
    for subnet in subnets if isinstance(subnets, list) else ():  # pyright: ignore[reportUnknownVariableType] -- plain wire value
        found = making.find(subnet)
        if found is not None:
            return str(found.outputs.get("vpcId") or "")
    return ""


def _cluster(making: Making) -> Mapping[str, Any]:
    region, host = aws_region(making), making.hex(32).upper()
    authority = "" if making.dry else keys.certificate_authority()
    config = making.inputs.get("vpcConfig")
    subnets: Any = config.get("subnetIds") if isinstance(config, Mapping) else ()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] -- plain wire value
    return {
        "endpoint": f"https://{host}.gr7.{region}.eks.amazonaws.com",
        "identities": [{"oidcs": [{"issuer": f"https://oidc.eks.{region}.amazonaws.com/id/{host}"}]}],
        "certificateAuthority": {"data": authority},
        "vpcConfig": {"clusterSecurityGroupId": f"sg-0{making.hex(16)}", "vpcId": _vpc_of(making, subnets)},
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16"},
        "platformVersion": "eks.1",
        "status": "ACTIVE",
    }


def _key(making: Making) -> Mapping[str, Any]:
    spec = making.inputs.get("customerMasterKeySpec")
    if not making.dry and spec == "ECC_NIST_P256":
        keys.make(making.world, arn(making))
    return {"keyId": making.id}


def _alias(making: Making) -> Mapping[str, Any]:
    target = making.find(making.inputs.get("targetKeyId"), "aws:kms/key:Key")
    return {} if target is None else {"targetKeyArn": target.outputs["arn"], "targetKeyId": target.id}


def _interface(making: Making) -> Mapping[str, Any]:
    subnet = making.find(making.inputs.get("subnetId"), "aws:ec2/subnet:Subnet")
    given = making.inputs.get("privateIps") or making.inputs.get("privateIpLists") or ()
    if subnet is None:
        return {"privateIp": "", "privateIps": [""], "macAddress": ""}
    cidr = str(subnet.inputs["cidrBlock"])
    held = [making.hold_private_address(cidr, str(address)) for address in given]
    addresses = held or [making.private_address(cidr)]
    return {"privateIp": addresses[0], "privateIps": addresses}


def _instance(making: Making) -> Mapping[str, Any]:
    primary: Any = making.inputs.get("primaryNetworkInterface") or {}
    interface_id: Any = primary.get("networkInterfaceId")
    for attached in making.inputs.get("networkInterfaces") or ():
        interface_id = interface_id or attached.get("networkInterfaceId")
    interface = making.find(interface_id)
    if interface is not None:
        private = str(interface.outputs["privateIp"])
        known = {"subnetId": interface.outputs["subnetId"], "primaryNetworkInterfaceId": interface.id}
    else:
        subnet = making.find(making.inputs.get("subnetId"), "aws:ec2/subnet:Subnet")
        cidr = str(subnet.inputs["cidrBlock"]) if subnet else "10.255.0.0/16"
        private = making.private_address(cidr)
        known = {"primaryNetworkInterfaceId": f"eni-0{making.hex(16)}"}
    state = {"instanceState": "running", "privateIp": private, "publicIp": "", "publicDns": ""}
    return {**state, **known, "privateDns": f"ip-{private.replace('.', '-')}.ec2.internal"}


def _address(making: Making) -> Mapping[str, Any]:
    public = making.public_address()
    name = f"ec2-{public.replace('.', '-')}.compute.example.net"
    return {"publicIp": public, "allocationId": making.id, "publicDns": name}


def _nat_gateway(making: Making) -> Mapping[str, Any]:
    allocation = making.find(making.inputs.get("allocationId"), "aws:ec2/eip:Eip")
    return {"publicIp": allocation.outputs["publicIp"] if allocation else ""}


def _association(making: Making) -> Mapping[str, Any]:
    allocation = making.find(making.inputs.get("allocationId"), "aws:ec2/eip:Eip")
    interface = making.find(making.inputs.get("networkInterfaceId"))
    return {
        "publicIp": allocation.outputs["publicIp"] if allocation else "",
        "privateIpAddress": interface.outputs["privateIp"] if interface else "",
    }


def _bucket(making: Making) -> Mapping[str, Any]:
    name, region = making.text("bucket"), aws_region(making)
    return {
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "bucketRegion": region,
        "hostedZoneId": f"Z{making.hex(13).upper()}",
    }


def _role(making: Making) -> Mapping[str, Any]:
    return {"uniqueId": f"AROA{making.hex(17).upper()}", "createDate": making.now(), "path": "/"}


def _launch_template(_making: Making) -> Mapping[str, Any]:
    return {"latestVersion": 1, "defaultVersion": 1}


def _zones(making: Making) -> Mapping[str, Any]:
    return {"availabilityZoneId": f"{aws_region(making)}-{making.text('availabilityZone')[-1:]}"}


def _default_group(making: Making) -> Mapping[str, Any]:
    network = making.find(making.inputs.get("vpcId"), "aws:ec2/vpc:Vpc")
    owner = network.outputs["ownerId"] if network else ""
    return {"name": "default", "description": "default VPC security group", "ownerId": owner}


def _route_server_endpoint(making: Making) -> Mapping[str, Any]:
    subnet = making.find(making.inputs.get("subnetId"), "aws:ec2/subnet:Subnet")
    address = making.private_address(str(subnet.inputs["cidrBlock"])) if subnet else ""
    network = subnet.outputs["vpcId"] if subnet else ""
    return {"eniAddress": address, "eniId": f"eni-0{making.hex(16)}", "vpcId": network}


def _route_server_peer(making: Making) -> Mapping[str, Any]:
    endpoint = making.find(making.inputs.get("routeServerEndpointId"))
    if endpoint is None:
        return {}
    names = {"eniAddress": "endpointEniAddress", "eniId": "endpointEniId", "subnetId": "subnetId", "vpcId": "vpcId"}
    return {here: endpoint.outputs.get(there) for there, here in names.items()}


OUTPUTS: Final[Mapping[str, Maker]] = {
    "aws:eks/cluster:Cluster": _cluster,
    "aws:kms/key:Key": _key,
    "aws:kms/alias:Alias": _alias,
    "aws:ec2/networkInterface:NetworkInterface": _interface,
    "aws:ec2/instance:Instance": _instance,
    "aws:ec2/eip:Eip": _address,
    "aws:ec2/natGateway:NatGateway": _nat_gateway,
    "aws:ec2/eipAssociation:EipAssociation": _association,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:iam/role:Role": _role,
    "aws:ec2/launchTemplate:LaunchTemplate": _launch_template,
    "aws:ec2/subnet:Subnet": _zones,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _default_group,
    "aws:vpc/routeServerEndpoint:RouteServerEndpoint": _route_server_endpoint,
    "aws:vpc/routeServerPeer:RouteServerPeer": _route_server_peer,
}
