"""The service graph: tenants, services, who may call whom, hosts outside. What is derived from it is not here."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from meshfed.settings.model import DnsLabel, DnsName, RegionKeyText, Settings
from meshfed.settings.patterns import HTTP_PATH


class Protocol(StrEnum):
    """What a port speaks."""

    HTTP = "http"
    HTTP2 = "http2"
    GRPC = "grpc"
    TCP = "tcp"
    TLS = "tls"


class Method(StrEnum):
    """An HTTP method (RFC 9110 section 9)."""

    GET = "GET"
    HEAD = "HEAD"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"
    OPTIONS = "OPTIONS"


Path = Annotated[str, StringConstraints(pattern=HTTP_PATH)]
"""An absolute path; a star is allowed at its end only."""


class Tenant(Settings):
    """A team that owns services."""

    owner: str = Field(min_length=3)
    """Whom to ask: a mail address or a channel."""
    namespaces: tuple[DnsLabel, ...] = Field(min_length=1)
    """Kubernetes namespaces of the team, the same in every region; no two tenants share one."""


class Port(Settings):
    """A port that a service listens on."""

    number: int = Field(ge=1, le=65535)
    protocol: Protocol


class Service(Settings):
    """A workload that others may call."""

    tenant: DnsLabel
    namespace: DnsLabel
    service_account: DnsLabel
    """Kubernetes service account; with the namespace and the region's trust domain it is the SPIFFE identity."""
    ports: dict[DnsLabel, Port] = Field(min_length=1)
    regions: tuple[RegionKeyText, ...] = Field(min_length=1)
    """Where it runs."""


class Call(Settings):
    """One allowed way from a caller to a service."""

    caller: DnsLabel
    """Name of the calling service."""
    callee: DnsLabel
    """Name of the called service or of an external host."""
    port: DnsLabel | None = None
    """Name of the port; left out where the called service has only one."""
    methods: tuple[Method, ...] = ()
    """HTTP methods; none means all, and only a TCP port may leave them out."""
    paths: tuple[Path, ...] = ()
    """Paths; none means all, and only a TCP port may leave them out."""
    timeout_ms: int = Field(default=1000, ge=1, le=600_000)
    """How long the caller waits for the whole answer, in milliseconds."""
    idempotent: bool = False
    """Whether the call may be sent again although the first one may have been served."""
    p99_ms: float | None = Field(default=None, gt=0)
    """What 99 of 100 calls may take between any two regions in which they run, in milliseconds."""


class ExternalHost(Settings):
    """A host outside the federation that services may call."""

    host: DnsName
    port: int = Field(default=443, ge=1, le=65535)
    protocol: Protocol = Protocol.TLS


class ServiceGraph(Settings):
    """Tenants, services, calls and hosts outside."""

    tenants: dict[DnsLabel, Tenant] = {}
    services: dict[DnsLabel, Service] = {}
    external_hosts: dict[DnsLabel, ExternalHost] = {}
    calls: tuple[Call, ...] = ()
