"""swanctl.conf of a tunnel gateway: IKEv2 and route-based ESP, one connection and one xfrm interface a key generation.

Both ends prove who they are by raw public keys that the agent takes from accepted peer documents; no certificate, no
shared secret and no private key is in the text.
"""

from collections.abc import Iterator

from meshfed.render.gateway_view import UNDERLAY_MARK, GatewayView, OpenTunnel
from meshfed.topology.tunnels import FIRST_PORT, Link
from meshfed.values import TunnelKind

IKE_PROPOSAL = "aes256gcm16-prfsha384-ecp384"
ESP_PROPOSAL = "aes256gcm16-ecp384"
DPD_SECONDS = 10
"""Silence after which IKE asks whether the peer lives; BFD has moved the routes long before."""
REKEY_SECONDS = 3600


def if_id(link: Link) -> int:
    """The id of a link's xfrm interface, unique on its host: 1 and up by listening port."""
    return link.local_port - FIRST_PORT + 1


def swanctl_text(view: GatewayView) -> str:
    """The whole swanctl.conf of one gateway, or an empty text where no tunnel of it is IPsec."""
    connections = [
        _connection(view, tunnel, link)
        for tunnel in view.tunnels
        if tunnel.tunnel.pair.kind is TunnelKind.IPSEC
        for link in tunnel.tunnel.links
    ]
    if not connections:
        return ""
    return "connections {\n" + "\n".join(connections) + "}\n"


def _connection(view: GatewayView, tunnel: OpenTunnel, link: Link) -> str:
    selectors, mine, theirs = ",".join(_selectors(view)), f"{view.region.key}-{view.gateway.value}", tunnel.name
    return f"""\
  {link.interface} {{
    version = 2
    local_addrs = {view.address}
    remote_addrs = {tunnel.endpoint}
    proposals = {IKE_PROPOSAL}
    encap = yes
    mobike = no
    unique = replace
    keyingtries = 0
    dpd_delay = {DPD_SECONDS}s
    rekey_time = {4 * REKEY_SECONDS}s
    local {{
      auth = pubkey
      id = {_identity(mine, theirs, link)}
      pubkeys = {link.interface}.pem
    }}
    remote {{
      auth = pubkey
      id = {_identity(theirs, mine, link)}
      pubkeys = {theirs}-{link.generation}.pem
    }}
    children {{
      {link.interface} {{
        local_ts = {selectors}
        remote_ts = {selectors}
        if_id_in = {if_id(link)}
        if_id_out = {if_id(link)}
        set_mark_out = 0x{UNDERLAY_MARK:x}
        esp_proposals = {ESP_PROPOSAL}
        rekey_time = {REKEY_SECONDS}s
        start_action = none
        dpd_action = clear
        close_action = none
      }}
    }}
  }}
"""


def _identity(owner: str, other: str, link: Link) -> str:
    """What one end calls itself towards the other: the two tunnels and generations between two hosts differ."""
    return f"{owner}.to.{other}.generation{link.generation}"


def _selectors(view: GatewayView) -> Iterator[str]:
    """What may be inside: gateway addresses and link addresses of the federation; they never change with a region."""
    yield from (str(network) for network in view.plan.gateway_ranges)
    yield str(view.plan.federation.pools.tunnels)
    yield str(view.plan.unique_local)
