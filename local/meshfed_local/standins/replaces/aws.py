"""Properties whose change makes a new AWS resource, from the services' documentation; `*` holds for every type.

What the provider's own code answers stands in `aws.json`, where `verify` has asked it.
"""

from collections.abc import Mapping
from typing import Final

_RULE: Final = frozenset({"securityGroupId"})

REPLACES: Final[Mapping[str, frozenset[str]]] = {
    "*": frozenset({"name", "namePrefix", "region"}),
    "aws:cloudwatch/logGroup:LogGroup": frozenset({"logGroupClass"}),
    "aws:ec2/eip:Eip": frozenset({"domain", "networkBorderGroup", "publicIpv4Pool"}),
    "aws:ec2/eipAssociation:EipAssociation": frozenset(
        {"allocationId", "instanceId", "networkInterfaceId", "privateIpAddress", "publicIp"}
    ),
    "aws:ec2/flowLog:FlowLog": frozenset(
        {
            "iamRoleArn",
            "logDestination",
            "logDestinationType",
            "logFormat",
            "maxAggregationInterval",
            "subnetId",
            "trafficType",
            "vpcId",
        }
    ),
    "aws:ec2/instance:Instance": frozenset(
        {
            "ami",
            "availabilityZone",
            "keyName",
            "networkInterfaces",
            "placementGroup",
            "primaryNetworkInterface",
            "privateIp",
            "rootBlockDevice.encrypted",
            "rootBlockDevice.kmsKeyId",
            "subnetId",
            "tenancy",
        }
    ),
    "aws:ec2/internetGatewayAttachment:InternetGatewayAttachment": frozenset({"internetGatewayId", "vpcId"}),
    "aws:ec2/natGateway:NatGateway": frozenset(
        {"allocationId", "availabilityMode", "connectivityType", "privateIp", "subnetId", "vpcId"}
    ),
    "aws:ec2/networkInterface:NetworkInterface": frozenset({"interfaceType", "subnetId"}),
    "aws:ec2/route:Route": frozenset(
        {"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId", "routeTableId"}
    ),
    "aws:ec2/routeTable:RouteTable": frozenset({"vpcId"}),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": frozenset({"gatewayId", "subnetId"}),
    "aws:ec2/securityGroup:SecurityGroup": frozenset({"description", "vpcId"}),
    "aws:ec2/subnet:Subnet": frozenset(
        {"availabilityZone", "availabilityZoneId", "cidrBlock", "ipv6Native", "outpostArn", "vpcId"}
    ),
    "aws:ec2/vpc:Vpc": frozenset({"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"}),
    "aws:ec2/vpcEndpoint:VpcEndpoint": frozenset({"serviceName", "serviceRegion", "vpcEndpointType", "vpcId"}),
    "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation": frozenset({"cidrBlock", "vpcId"}),
    "aws:eks/accessEntry:AccessEntry": frozenset({"clusterName", "principalArn", "type"}),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": frozenset(
        {"accessScope", "clusterName", "policyArn", "principalArn"}
    ),
    "aws:eks/addon:Addon": frozenset({"addonName", "clusterName"}),
    "aws:eks/cluster:Cluster": frozenset(
        {
            "accessConfig.bootstrapClusterCreatorAdminPermissions",
            "bootstrapSelfManagedAddons",
            "encryptionConfig",
            "kubernetesNetworkConfig.ipFamily",
            "kubernetesNetworkConfig.serviceIpv4Cidr",
            "outpostConfig",
            "roleArn",
        }
    ),
    "aws:eks/nodeGroup:NodeGroup": frozenset(
        {
            "amiType",
            "capacityType",
            "clusterName",
            "diskSize",
            "instanceTypes",
            "launchTemplate.id",
            "launchTemplate.name",
            "nodeRoleArn",
            "remoteAccess",
            "subnetIds",
        }
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": frozenset({"clusterName", "namespace", "serviceAccount"}),
    "aws:iam/instanceProfile:InstanceProfile": frozenset({"path"}),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": frozenset({"url"}),
    "aws:iam/policy:Policy": frozenset({"description", "path"}),
    "aws:iam/role:Role": frozenset({"path"}),
    "aws:iam/rolePolicy:RolePolicy": frozenset({"role"}),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": frozenset({"policyArn", "role"}),
    "aws:kms/key:Key": frozenset({"customerMasterKeySpec", "customKeyStoreId", "keyUsage", "multiRegion"}),
    "aws:s3/bucket:Bucket": frozenset({"bucket", "bucketPrefix", "objectLockEnabled"}),
    "aws:s3/bucketObjectv2:BucketObjectv2": frozenset({"bucket", "key"}),
    "aws:s3/bucketPolicy:BucketPolicy": frozenset({"bucket"}),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": frozenset({"bucket"}),
    "aws:s3/bucketVersioning:BucketVersioning": frozenset({"bucket", "expectedBucketOwner"}),
    "aws:vpc/routeServer:RouteServer": frozenset({"amazonSideAsn"}),
    "aws:vpc/routeServerEndpoint:RouteServerEndpoint": frozenset({"routeServerId", "subnetId"}),
    "aws:vpc/routeServerPeer:RouteServerPeer": frozenset({"bgpOptions", "peerAddress", "routeServerEndpointId"}),
    "aws:vpc/routeServerPropagation:RouteServerPropagation": frozenset({"routeServerId", "routeTableId"}),
    "aws:vpc/routeServerVpcAssociation:RouteServerVpcAssociation": frozenset({"routeServerId", "vpcId"}),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _RULE,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _RULE,
}
