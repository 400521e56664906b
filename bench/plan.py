"""How long a plan of many regions takes and how it grows; and what starting the command costs.

.venv/bin/python -m bench.plan
"""

import gc
import sys
import time
import tracemalloc
from itertools import cycle, islice
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.processes import cost
from bench.report import ROOT, report, spread
from meshfed.render.firewall import tunnel_sources
from meshfed.settings.facts import Facts, RegionFacts
from meshfed.settings.federation import Federation
from meshfed.topology.build import build

SIZES = (6, 50, 100, 128)
RUNS = 5
OWNERS: dict[str, Any] = {
    "aws": {"default": {"account": "222222222222"}},
    "gcp": {"default": {"project": "acme-mesh"}},
    "azure": {
        "default": {
            "subscription": "11111111-2222-3333-4444-555555555555",
            "tenant": "66666666-7777-8888-9999-000000000000",
        }
    },
}
PLACES = (("aws", "us-east-1"), ("gcp", "us-east4"), ("azure", "eastus"))


def federation(size: int) -> Federation:
    """A federation of so many regions, the three clouds in turn."""
    places = islice(cycle(PLACES), size)
    regions = {
        f"r{slot}": {"slot": slot, "cloud": cloud, "location": location, "owners": OWNERS[cloud]}
        for slot, (cloud, location) in enumerate(places)
    }
    return Federation.model_validate(
        {
            "name": "bench",
            "trust_domain": "mesh.bench.example",
            "tags": {"owner": "bench"},
            "distribution": {"host": "trust.bench.example", "account": "111111111111", "bucket": "bench-trust"},
            "regions": regions,
        }
    )


def public_key(number: int) -> str:
    """The PEM of a P-256 public key; the same number gives the same key."""
    key = ec.derive_private_key(number + 1, ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def pinned(size: int) -> Facts:
    """Facts of every region."""
    facts = {
        f"r{slot}": RegionFacts.model_validate(
            {
                "epoch": 1,
                "gateway_addresses": [f"198.18.{slot}.1", f"198.18.{slot}.2"],
                "issuer": f"https://issuer.example/{slot}",
                "peer_key": public_key(2 * slot),
                "bundle_key": public_key(2 * slot + 1),
                "gateway_identity": f"id-{slot}",
            }
        )
        for slot in range(size)
    }
    return Facts(regions=facts)


def whole_plan(size: int, facts: Facts) -> int:
    """Builds the plan and every tunnel of every region; gives the number of tunnel ends."""
    plan = build(federation(size), facts)
    return sum(len(plan.tunnels(key)) for key in plan.regions)


def measure(size: int) -> dict[str, Any]:
    """Seconds over several runs and the memory of one."""
    facts = pinned(size)
    seconds: list[float] = []
    ends = 0
    for _ in range(RUNS):
        gc.collect()
        started = time.perf_counter()
        ends = whole_plan(size, facts)
        seconds.append(time.perf_counter() - started)
    tracemalloc.start()
    whole_plan(size, facts)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    sources = len(tunnel_sources(build(federation(size), facts), "r0"))
    return {
        "seconds": spread(seconds),
        "peak_mib": round(peak / 2**20, 1),
        "tunnel_ends": ends,
        "peer_addresses_of_a_region": sources,
    }


def start(command: list[str]) -> dict[str, Any]:
    """Wall and processor seconds and memory of starting a command, over several runs."""
    cost(command, ROOT)
    runs = [cost(command, ROOT) for _ in range(RUNS)]
    return {
        "wall_seconds": spread([run.wall_seconds for run in runs]),
        "cpu_seconds": spread([run.cpu_seconds for run in runs]),
        "peak_mib": spread([run.peak_mib for run in runs]),
    }


def main() -> None:
    """Measures and reports."""
    report(
        "plan",
        {
            "plan_by_regions": {str(size): measure(size) for size in SIZES},
            "import_meshfed": start([sys.executable, "-c", "import meshfed"]),
            "import_pulumi": start([sys.executable, "-c", "import pulumi"]),
            "meshfed_plan": start([str(ROOT / ".venv/bin/meshfed"), "plan"]),
        },
    )


if __name__ == "__main__":
    main()
