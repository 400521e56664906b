"""What can go wrong on the user's machine: tools that cannot be built, an engine that cannot finish."""

from meshfed.errors import MeshfedError


class LocalError(MeshfedError):
    """The local target cannot do what was asked; the message says where, what is and what to do."""


class ToolchainError(LocalError):
    """A tool of the local target cannot be built on this machine."""


class EngineError(LocalError):
    """Pulumi's engine could not finish an operation on a stack."""
