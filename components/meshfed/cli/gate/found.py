"""What a file holds: its form, the resources of each stack in it, and where each of them is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from meshfed.errors import Fault, SettingsError
from meshfed.rules.resource import Resource

STDIN = "-"


class Form(StrEnum):
    """What a file is, told by its content."""

    EXPORT = "stack export"
    PREVIEW = "preview"
    EVENTS = "event log"
    PLAN = "saved plan"
    MANIFESTS = "manifests"

    @property
    def one(self) -> str:
        """With its article, where there is one of it."""
        return {Form.EVENTS: f"an {self}", Form.MANIFESTS: str(self)}.get(self, f"a {self}")


@dataclass(frozen=True, slots=True)
class Found:
    """A resource, and where it is written."""

    resource: Resource
    position: str = ""
    """Place in the program, as the engine keeps it: `components/meshfed/aws/region.py#80`."""
    document: int | None = None
    """Of a manifest: its place among the file's documents."""
    is_difference: bool = False
    """Whether its inputs are only what changes, as in a saved plan."""
    deleted: tuple[str, ...] = ()
    """Of a difference: the inputs that go."""


@dataclass(frozen=True)
class Reading:
    """What was read from one file."""

    file: str
    form: Form
    stacks: Mapping[str, Sequence[Found]]
    """By the stack's URN: `urn:pulumi:use1::meshfed::`."""
    missing: str = ""
    """Why this is not all of the stack; empty where it is."""
    remedy: str = ""
    """How to get all of it."""
    notes: tuple[str, ...] = field(default=())
    """What the reader must know of the verdicts."""

    @property
    def resources(self) -> int:
        """How many resources it holds."""
        return sum(map(len, self.stacks.values()))


def unusable(path: str, problem: str, hint: str, where: str = "file") -> SettingsError:
    """What is said of a file that cannot be judged: the gate stays closed."""
    name = "standard input" if path == STDIN else path
    return SettingsError(name, [Fault(where, "", problem, hint)])


def stack_urn(urn: str) -> str:
    """The part of a URN that names stack and project.

    >>> stack_urn("urn:pulumi:use1::meshfed::aws:kms/key:Key::use1-data")
    'urn:pulumi:use1::meshfed::'
    """
    return "::".join(urn.split("::")[:2]) + "::"
