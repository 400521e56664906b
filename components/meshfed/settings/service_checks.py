"""What no single line of the service graph shows: names that refer to nothing, and ways wider than they look."""

from collections.abc import Iterator
from typing import Any

from meshfed.errors import Fault
from meshfed.settings.faults import nearest
from meshfed.settings.raw import entries, items, mapping
from meshfed.settings.services import Protocol

_WITHOUT_METHODS = {Protocol.TCP.value, Protocol.TLS.value}


def service_faults(raw: object) -> Iterator[Fault]:
    """Faults of the service graph of a file."""
    graph = mapping(raw, "services")
    yield from _tenants(graph)
    yield from _services(graph, [key for key, _ in entries(raw, "regions")])
    seen: dict[tuple[str, str, str], int] = {}
    for index, item in items(graph, "calls"):
        call = mapping(item)
        yield from _call(graph, f"services.calls[{index}]", call)
        way = (str(call.get("caller")), str(call.get("callee")), str(call.get("port")))
        if way in seen:
            yield Fault(f"services.calls[{index}]", "", f"is the same way as calls[{seen[way]}].", "Join the two.")
        seen.setdefault(way, index)


def _tenants(graph: dict[str, Any]) -> Iterator[Fault]:
    owner: dict[str, str] = {}
    for key, tenant in entries(graph, "tenants"):
        for position, namespace in items(tenant, "namespaces"):
            path = f"services.tenants.{key}.namespaces[{position}]"
            if str(namespace) in owner:
                problem = f"also belongs to tenant {owner[str(namespace)]}; a namespace has one tenant."
                yield Fault(path, str(namespace), problem, "Give it to one of them.")
            owner.setdefault(str(namespace), key)


def _services(graph: dict[str, Any], regions: list[str]) -> Iterator[Fault]:
    identities: dict[tuple[str, str], str] = {}
    tenants = mapping(graph, "tenants")
    for key, service in entries(graph, "services"):
        path = f"services.services.{key}"
        tenant, namespace = str(service.get("tenant")), service.get("namespace")
        if tenant not in tenants:
            yield Fault(f"{path}.tenant", tenant, "is no tenant of this file.", nearest(tenant, list(tenants)))
        elif namespace not in [name for _, name in items(tenants, tenant, "namespaces")]:
            yield Fault(f"{path}.namespace", str(namespace), f"is no namespace of tenant {tenant}.", "Add it there.")
        for position, region in items(service, "regions"):
            if region not in regions:
                wanted = "is no region of this file."
                yield Fault(f"{path}.regions[{position}]", str(region), wanted, nearest(str(region), regions))
        identity = (str(namespace), str(service.get("service_account")))
        if identity in identities:
            problem = f"is also the identity of {identities[identity]}; a rule could not tell them apart."
            yield Fault(f"{path}.service_account", identity[1], problem, "Give each service its own account.")
        identities.setdefault(identity, key)
        if key in mapping(graph, "external_hosts"):
            yield Fault(path, "", f"external_hosts.{key} has the same name.", "Rename one.")


def _call(graph: dict[str, Any], path: str, call: dict[str, Any]) -> Iterator[Fault]:
    services, hosts = mapping(graph, "services"), mapping(graph, "external_hosts")
    caller, callee = str(call.get("caller")), str(call.get("callee"))
    if caller not in services:
        yield Fault(f"{path}.caller", caller, "is no service of this file.", nearest(caller, list(services)))
    if callee not in services and callee not in hosts:
        known = [*services, *hosts]
        yield Fault(f"{path}.callee", callee, "is no service or external host of this file.", nearest(callee, known))
    ports = mapping(services, callee, "ports")
    port = call.get("port")
    if ports and port is None and len(ports) > 1:
        problem = f"is missing; {callee} has {len(ports)} ports."
        yield Fault(f"{path}.port", "", problem, f"Choose one of {', '.join(sorted(ports))}.")
    elif ports and port is not None and str(port) not in ports:
        yield Fault(f"{path}.port", str(port), f"is no port of {callee}.", nearest(str(port), list(ports)))
    elif ports:
        protocol = mapping(ports, str(port or next(iter(ports)))).get("protocol")
        yield from _methods(path, call, str(protocol))


def _methods(path: str, call: dict[str, Any], protocol: str) -> Iterator[Fault]:
    if protocol in _WITHOUT_METHODS:
        for name in ("methods", "paths"):
            if call.get(name):
                yield Fault(f"{path}.{name}", "", f"a {protocol} port has no {name}.", "Leave them out.")
        return
    for name in ("methods", "paths"):
        if not call.get(name):
            yield Fault(
                f"{path}.{name}", "", f"is missing; on a port of {protocol} a way is allowed by name.", "Give it."
            )
