"""Volumes of a cluster that are folders of a node: a pod mounts them by a claim, which names no path."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.spire.sockets import is_agent_socket
from meshfed.settings.gate import GateParameters

VOLUME: Final = "core/PersistentVolume"
_OF_THE_SYSTEM: Final = frozenset(
    {"bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "opt", "proc", "root", "run", "sbin", "sys", "tmp"}
    | {"usr", "var"}
)
"""Where a node keeps its programs, its keys and its sockets; disks for data are mounted elsewhere (/mnt/disks)."""


def volume_is_no_folder(volume: Resource, _: GateParameters) -> Iterator[Finding]:
    """What is wrong with a volume that is a folder of a node."""
    path = volume.props["spec"]["hostPath"]["path"]
    if not path.is_absent:
        yield path.wrong("a folder of the node is mounted by whoever claims the volume")
    local = volume.props["spec"]["local"]["path"]
    if not local.is_absent and (_is_of_the_system(local.text()) or is_agent_socket(local)):
        yield local.wrong("the disk is a folder of the node's own, with what it keeps there")


def _is_of_the_system(path: str) -> bool:
    """Whether a path leads into a folder of the node's own.

    >>> _is_of_the_system("/mnt/disks/ssd1"), _is_of_the_system("/mnt/../run"), _is_of_the_system("/")
    (False, True, True)
    """
    parts = [part for part in PurePosixPath(path).parts if set(part) != {"/"}]
    return ".." in parts or not parts or parts[0] in _OF_THE_SYSTEM
