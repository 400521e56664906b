"""Properties whose change makes a new Google resource, from the services' documentation; `*` holds for every type.

What the provider's own code answers stands in `gcp.json`, where `verify` has asked it.
"""

from collections.abc import Mapping
from typing import Final

REPLACES: Final[Mapping[str, frozenset[str]]] = {
    "*": frozenset({"name", "project", "region", "zone", "location"}),
    "gcp:compute/address:Address": frozenset(
        {"address", "addressType", "ipVersion", "network", "networkTier", "prefixLength", "purpose", "subnetwork"}
    ),
    "gcp:compute/firewall:Firewall": frozenset({"direction", "network"}),
    "gcp:compute/forwardingRule:ForwardingRule": frozenset(
        {
            "allPorts",
            "ipAddress",
            "ipProtocol",
            "isMirroringCollector",
            "loadBalancingScheme",
            "network",
            "networkTier",
            "portRange",
            "ports",
            "subnetwork",
        }
    ),
    "gcp:compute/instance:Instance": frozenset(
        {
            "bootDisk.autoDelete",
            "bootDisk.initializeParams.image",
            "bootDisk.initializeParams.size",
            "bootDisk.initializeParams.type",
            "bootDisk.kmsKeySelfLink",
            "canIpForward",
            "confidentialInstanceConfig",
            "hostname",
            "metadataStartupScript",
            "networkInterfaces.network",
            "networkInterfaces.subnetwork",
        }
    ),
    "gcp:compute/network:Network": frozenset({"autoCreateSubnetworks", "description", "internalIpv6Range"}),
    "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation": frozenset(
        {"attachmentTarget", "firewallPolicy"}
    ),
    "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule": frozenset({"firewallPolicy", "priority"}),
    "gcp:compute/regionBackendService:RegionBackendService": frozenset({"loadBalancingScheme", "network"}),
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate": frozenset({"disks.sourceImage", "labels"}),
    "gcp:compute/route:Route": frozenset(
        {
            "destRange",
            "network",
            "nextHopGateway",
            "nextHopIlb",
            "nextHopInstance",
            "nextHopIp",
            "priority",
            "tags",
        }
    ),
    "gcp:compute/router:Router": frozenset({"network", "encryptedInterconnectRouter"}),
    "gcp:compute/routerInterface:RouterInterface": frozenset({"ipRange", "privateIpAddress", "router", "subnetwork"}),
    "gcp:compute/routerNat:RouterNat": frozenset({"router"}),
    "gcp:compute/routerPeer:RouterPeer": frozenset({"interface", "router", "routerApplianceInstance"}),
    "gcp:compute/subnetwork:Subnetwork": frozenset({"description", "network", "purpose"}),
    "gcp:container/cluster:Cluster": frozenset(
        {
            "clusterIpv4Cidr",
            "datapathProvider",
            "enableAutopilot",
            "enableKubernetesAlpha",
            "enableTpu",
            "ipAllocationPolicy.clusterSecondaryRangeName",
            "ipAllocationPolicy.servicesSecondaryRangeName",
            "network",
            "networkingMode",
            "privateClusterConfig.masterIpv4CidrBlock",
            "privateClusterConfig.privateEndpointSubnetwork",
            "subnetwork",
        }
    ),
    "gcp:container/nodePool:NodePool": frozenset(
        {
            "cluster",
            "initialNodeCount",
            "maxPodsPerNode",
            "networkConfig.podRange",
            "nodeConfig.bootDiskKmsKey",
            "nodeConfig.enableConfidentialStorage",
            "nodeConfig.oauthScopes",
            "nodeConfig.preemptible",
            "nodeConfig.serviceAccount",
            "nodeConfig.shieldedInstanceConfig",
            "nodeConfig.spot",
            "placementPolicy",
        }
    ),
    "gcp:kms/cryptoKey:CryptoKey": frozenset(
        {"destroyScheduledDuration", "importOnly", "keyRing", "purpose", "skipInitialVersionCreation"}
    ),
    "gcp:projects/iAMMember:IAMMember": frozenset({"condition", "member", "role"}),
    "gcp:serviceaccount/account:Account": frozenset({"accountId"}),
    "gcp:serviceaccount/iAMMember:IAMMember": frozenset({"condition", "member", "role", "serviceAccountId"}),
    "gcp:storage/bucketIAMMember:BucketIAMMember": frozenset({"bucket", "condition", "member", "role"}),
    "gcp:storage/bucketObject:BucketObject": frozenset({"bucket", "contentType", "contentDisposition", "kmsKeyName"}),
}
