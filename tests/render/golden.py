"""Golden texts of a federation of three clouds. After a wanted change, write them anew and read the difference:

.venv/bin/python -m tests.render.golden
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from meshfed.render.bird import BgpNeighbor
from meshfed.render.cloud_init import user_data
from meshfed.render.gateway_document import gateway_document
from meshfed.topology.plan import Plan
from meshfed.values import Cloud, GatewayName
from tests.render.plans import HOSTS, KEYS, three_clouds

FOLDER = Path(__file__).parents[1] / "golden" / "render"
VARIANTS: dict[str, dict[str, Any]] = {
    "wireguard-one-hop": {},
    "wireguard-direct": {"reroute": "direct"},
    "ipsec-one-hop": {"kind": "ipsec"},
}
ROUTE_SERVERS = (BgpNeighbor("100.64.0.12", 65000), BgpNeighbor("100.64.0.44", 65000))
"""Route Server endpoints in the subnets of both gateways of the region in AWS."""


def texts() -> Iterator[tuple[str, str]]:
    """Path below the folder, and text, of every golden file."""
    plain = three_clouds()
    for key in KEYS:
        yield f"user-data/{key}-a.yaml", user_data(plain, key, GatewayName.A, HOSTS[plain.regions[key].cloud])
    for variant, settings in VARIANTS.items():
        plan = three_clouds(**settings)
        for key in KEYS:
            for name, text in _of_gateway(plan, key):
                yield f"{variant}/{key}-a/{name}", text


def _of_gateway(plan: Plan, key: str) -> Iterator[tuple[str, str]]:
    """The whole files of the document as files, and the rest of it without them."""
    neighbors = ROUTE_SERVERS if plan.regions[key].cloud is Cloud.AWS else ()
    document = cast("dict[str, Any]", json.loads(gateway_document(plan, key, GatewayName.A, neighbors)))
    whole = cast("dict[str, str]", document.pop("texts"))
    for program in ("nftables", "bird", "swanctl"):
        if whole[program]:
            yield f"{program}.conf", whole[program]
    yield "document.json", json.dumps(document, indent=1) + "\n"


if __name__ == "__main__":
    for below, content in texts():
        path = FOLDER / below
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
