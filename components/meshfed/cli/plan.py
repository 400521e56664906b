"""`meshfed plan`: what will be built, as a table or as JSON."""

import json
from typing import Annotated, Any

import typer
from rich.table import Table

from meshfed.cli.common import FactsOption, SettingsOption, read_plan
from meshfed.cli.tables import add_row, new_table, print_tables
from meshfed.cli.texts import refuse_text_faults
from meshfed.settings.places import SETTINGS
from meshfed.topology.latency import between
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.topology.tunnels import Tunnel

app = typer.Typer()


@app.command()
def plan(
    settings: SettingsOption = SETTINGS,
    facts: FactsOption = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="The whole plan as JSON.")] = False,
) -> None:
    """Show what will be built."""
    found = read_plan(settings, facts)
    refuse_text_faults(found)
    if as_json:
        typer.echo(json.dumps(plan_document(found), indent=1))
        return
    print_tables(_regions(found), _pairs(found))


def plan_document(found: Plan) -> dict[str, Any]:
    """The plan as plain values: regions with their ranges and fixed addresses, and every tunnel from its lower end."""
    return {
        "federation": found.federation.name,
        "gateway_routes": [str(route) for route in found.gateway_ranges],
        "regions": {key: _region(found, region) for key, region in found.regions.items()},
        "tunnels": [
            _tunnel(tunnel)
            for key in found.regions
            for tunnel in found.tunnels(key)
            if tunnel.pair.low == tunnel.local_region
        ],
    }


def _regions(found: Plan) -> Table:
    names = ("region", "slot", "cloud", "location", "state", "network", "pods", "gateways", "peers")
    narrow = ("region", "slot", "cloud", "location", "state", "peers")
    table = new_table(f"{found.federation.name}: regions", names, narrow)
    for region in found.regions.values():
        opened, pending = len(found.open_peers(region.key)), len(found.pending_peers(region.key))
        row = {
            "region": region.key,
            "slot": str(region.slot),
            "cloud": region.cloud.value,
            "location": region.settings.location,
            "state": region.state.value,
            "network": str(region.ranges.network),
            "pods": str(region.ranges.pods),
            "gateways": str(region.ranges.gateways),
            "peers": f"{opened} open, {pending} pending",
        }
        add_row(table, row)
    return table


def _pairs(found: Plan) -> Table:
    names = ("between", "kind", "transport", "path MTU", "MTU", "MSS", "floor ms", "measured ms")
    table = new_table("tunnels: four between two regions", names, ("between", "kind", "MTU", "floor ms", "measured ms"))
    for pair in found.pairs:
        far = between(found.regions[pair.low], found.regions[pair.high])
        measured = f"{far.measured_ms:.1f}" if far.measured_ms is not None else "-"
        row = {
            "between": f"{pair.low} - {pair.high}",
            "kind": pair.kind.value,
            "transport": pair.transport.value,
            "path MTU": str(pair.path_mtu),
            "MTU": str(pair.mtu),
            "MSS": str(pair.mss),
            "floor ms": f"{far.floor_ms:.1f}",
            "measured ms": measured,
        }
        add_row(table, row)
    return table


def _region(found: Plan, region: RegionPlan) -> dict[str, Any]:
    return {
        "slot": region.slot,
        "cloud": region.cloud.value,
        "location": region.settings.location,
        "zones": region.zones,
        "state": region.state.value,
        "trust_domain": region.trust_domain,
        "asn": region.asn,
        "ranges": {name: str(network) for name, network in region.ranges.disjoint_parts()},
        "gateways": {gateway.name.value: str(gateway.address) for gateway in region.gateways},
        "east_west": [str(address) for address in region.ranges.east_west_addresses],
        "open_peers": [peer.key for peer in found.open_peers(region.key)],
        "pending_peers": [peer.key for peer in found.pending_peers(region.key)],
    }


def _tunnel(tunnel: Tunnel) -> dict[str, Any]:
    return {
        "local": f"{tunnel.local_region}-{tunnel.local_gateway.value}",
        "remote": f"{tunnel.remote_region}-{tunnel.remote_gateway.value}",
        "kind": tunnel.pair.kind.value,
        "transport": tunnel.pair.transport.value,
        "mtu": tunnel.pair.mtu,
        "mss": tunnel.pair.mss,
        "keepalive": "local" if tunnel.keeps_alive else "remote",
        "links": [
            {
                "generation": link.generation,
                "interface": link.interface,
                "ports": [link.local_port, link.remote_port],
                "addresses": [str(link.local_address), str(link.remote_address)],
                "addresses_ipv6": [str(link.local_address_ipv6), str(link.remote_address_ipv6)],
            }
            for link in tunnel.links
        ],
    }
