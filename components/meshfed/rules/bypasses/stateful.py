"""Kinds that hold what cannot be made again: data, keys, records. To keep them when a program is taken down is usual.

Beside them stands what closes them: a bucket that stays must keep its block of public access, and a key its policy.
"""

from collections.abc import Mapping
from typing import Final

_AWS: Final[Mapping[str, tuple[str, ...]]] = {
    "acmpca": ("CertificateAuthority",),
    "backup": ("LogicallyAirGappedVault", "Vault", "VaultLockConfiguration", "VaultPolicy"),
    "cloudtrail": ("EventDataStore", "Trail"),
    "cloudwatch": ("LogGroup",),
    "docdb": ("Cluster", "ClusterInstance", "ClusterSnapshot", "GlobalCluster"),
    "dsql": ("Cluster",),
    "dynamodb": ("GlobalTable", "Table"),
    "ebs": ("Snapshot", "Volume"),
    "ecr": ("Repository", "RepositoryPolicy"),
    "efs": ("FileSystem", "FileSystemPolicy"),
    "elasticache": ("Cluster", "ReplicationGroup"),
    "fsx": ("LustreFileSystem", "OntapFileSystem", "OntapVolume", "OpenZfsFileSystem", "OpenZfsVolume"),
    "keyspaces": ("Table",),
    "kinesis": ("Stream",),
    "kms": ("Alias", "ExternalKey", "Key", "KeyPolicy", "ReplicaExternalKey", "ReplicaKey"),
    "memorydb": ("Cluster", "Snapshot"),
    "msk": ("Cluster",),
    "neptune": ("Cluster", "ClusterInstance", "ClusterSnapshot", "GlobalCluster"),
    "opensearch": ("Domain",),
    "rds": ("Cluster", "ClusterInstance", "ClusterSnapshot", "GlobalCluster", "Instance", "Snapshot"),
    "redshift": ("Cluster", "ClusterSnapshot"),
    "route53": ("HostedZoneDnsSec", "KeySigningKey", "Zone"),
    "s3": (
        "Bucket",
        "BucketLifecycleConfiguration",
        "BucketLogging",
        "BucketObjectLockConfiguration",
        "BucketOwnershipControls",
        "BucketPolicy",
        "BucketPublicAccessBlock",
        "BucketServerSideEncryptionConfiguration",
        "BucketVersioning",
        "DirectoryBucket",
    ),
    "s3tables": ("Table", "TableBucket", "TableBucketPolicy"),
    "secretsmanager": ("Secret", "SecretPolicy"),
    "sns": ("Topic",),
    "sqs": ("Queue",),
    "timestreamwrite": ("Database", "Table"),
}
_AZURE: Final[Mapping[str, tuple[str, ...]]] = {
    "appconfiguration": ("ConfigurationStore",),
    "compute": ("Disk", "DiskEncryptionSet", "RestorePointCollection", "Snapshot"),
    "containerregistry": ("Registry",),
    "cosmosdb": (
        "DatabaseAccount",
        "GremlinResourceGremlinDatabase",
        "MongoCluster",
        "MongoDBResourceMongoDBDatabase",
        "SqlResourceSqlContainer",
        "SqlResourceSqlDatabase",
        "TableResourceTable",
    ),
    "dataprotection": ("BackupVault",),
    "dbformysql": ("Database", "Server"),
    "dbforpostgresql": ("Database", "Server", "ServerGroupCluster"),
    "elasticsan": ("ElasticSan", "Volume", "VolumeGroup"),
    "eventhub": ("EventHub", "Namespace"),
    "keyvault": ("Key", "ManagedHsm", "Vault"),
    "kusto": ("Cluster", "ReadWriteDatabase"),
    "netapp": ("Account", "BackupVault", "CapacityPool", "CapacityPoolVolume"),
    "operationalinsights": ("Cluster", "Workspace"),
    "recoveryservices": ("Vault",),
    "redis": ("Redis",),
    "redisenterprise": ("Database", "RedisEnterprise"),
    "servicebus": ("Namespace", "Queue", "Topic"),
    "sql": ("Database", "ManagedDatabase", "ManagedInstance", "Server"),
    "storage": (
        "BlobContainer",
        "BlobContainerImmutabilityPolicy",
        "BlobServiceProperties",
        "FileShare",
        "ManagementPolicy",
        "StorageAccount",
        "Table",
    ),
}
_GCP: Final[Mapping[str, tuple[str, ...]]] = {
    "alloydb": ("Backup", "Cluster", "Instance"),
    "artifactregistry": ("Repository",),
    "backupdisasterrecovery": ("BackupVault",),
    "bigquery": ("Dataset", "Table"),
    "bigtable": ("Instance", "Table"),
    "compute": ("Disk", "RegionDisk", "Snapshot"),
    "dns": ("ManagedZone",),
    "filestore": ("Backup", "Instance"),
    "firestore": ("Database",),
    "kms": ("CryptoKey", "KeyRing"),
    "logging": ("ProjectBucketConfig",),
    "memorystore": ("Instance",),
    "pubsub": ("Topic",),
    "redis": ("Cluster", "Instance"),
    "secretmanager": ("Secret",),
    "spanner": ("Database", "Instance"),
    "sql": ("Database", "DatabaseInstance"),
    "storage": ("Bucket",),
}
_KUBERNETES: Final = (
    "apiextensions.k8s.io/CustomResourceDefinition",  # with it go all objects of its kind
    "core/PersistentVolume",
    "core/PersistentVolumeClaim",
    "snapshot.storage.k8s.io/VolumeSnapshot",
    "snapshot.storage.k8s.io/VolumeSnapshotContent",
)


def _bridged(package: str, kinds: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    return frozenset(
        f"{package}:{module}/{name[:1].lower()}{name[1:]}:{name}" for module, names in kinds.items() for name in names
    )


STATEFUL: Final = frozenset(
    {
        *_bridged("aws", _AWS),
        *_bridged("gcp", _GCP),
        *(f"azure-native:{module}:{name}" for module, names in _AZURE.items() for name in names),
        *_KUBERNETES,
    }
)
"""Canonical kinds that may stay in the cloud when they leave a program."""
