"""What follows from the name of a machine size."""

ARM_SERIES = frozenset({"c4a", "n4a", "t2a"})
"""Series with Arm processors (https://cloud.google.com/compute/docs/instances/arm-on-compute)."""
HYPERDISK_SERIES = frozenset({"c4", "c4a", "c4d", "h4d", "m4", "n4", "n4a", "n4d"})
"""Series that boot from Hyperdisk only (https://cloud.google.com/compute/docs/disks/hyperdisks)."""

NODE_SIZE = "n2-standard-4"
"""Size of a node where settings name none: four processors, in every zone of the locations we list."""
GATEWAY_SIZE = "n2-standard-2"
"""Size of a tunnel gateway where settings name none: two processors, 10 Gbit/s."""


def debian_image(release: str, size: str) -> str:
    """The stock Debian of a size's processor.

    >>> debian_image("13", "n2-standard-2")
    'projects/debian-cloud/global/images/family/debian-13'
    >>> debian_image("13", "t2a-standard-2")
    'projects/debian-cloud/global/images/family/debian-13-arm64'
    """
    suffix = "-arm64" if size.split("-", 1)[0] in ARM_SERIES else ""
    return f"projects/debian-cloud/global/images/family/debian-{release}{suffix}"


def disk_type(size: str) -> str:
    """The boot disk that a machine size takes.

    >>> disk_type("n2-standard-4"), disk_type("n4-standard-4")
    ('pd-balanced', 'hyperdisk-balanced')
    """
    return "hyperdisk-balanced" if size.split("-", 1)[0] in HYPERDISK_SERIES else "pd-balanced"
