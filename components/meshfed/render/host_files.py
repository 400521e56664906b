"""Files of a tunnel gateway's host that no peer changes: kernel, firewall of the first boot, services."""

from meshfed.render.gateway_view import ROUTE_TABLE, TUNNEL_INTERFACES, UNDERLAY_MARK
from meshfed.render.host_fetch import PROGRAM
from meshfed.render.nftables_sets import TABLE
from meshfed.topology.plan import RegionPlan
from meshfed.values import GatewayName

CONFIG = "/etc/meshfed"
FETCH = "/usr/local/lib/meshfed/fetch.py"
RULE_PRIORITY = 1000
"""Before the main table (32766), behind the local one (0)."""
WATCHDOG_SECONDS = 1800
"""A pass over 254 peer gateways that all answer slowly takes less."""
RESTART_HOURS = {GatewayName.A: 2, GatewayName.B: 4}
"""When a gateway restarts for a security update (UTC): the pair never does so at once."""

SYSCTL = """\
# A gateway forwards. Replies may come through the other gateway of the pair, so the path back is checked loosely here
# and region by region in nftables.
net.ipv4.ip_forward = 1
net.ipv6.conf.all.forwarding = 1
net.ipv4.conf.all.rp_filter = 2
net.ipv4.conf.default.rp_filter = 2
net.ipv4.conf.all.src_valid_mark = 1
net.ipv4.conf.all.accept_redirects = 0
net.ipv4.conf.default.accept_redirects = 0
net.ipv4.conf.all.send_redirects = 0
net.ipv4.conf.default.send_redirects = 0
net.ipv4.conf.all.accept_source_route = 0
net.ipv6.conf.all.accept_redirects = 0
net.ipv6.conf.default.accept_redirects = 0
net.netfilter.nf_conntrack_max = 1048576
kernel.kptr_restrict = 2
kernel.dmesg_restrict = 1
kernel.unprivileged_bpf_disabled = 1
fs.suid_dumpable = 0
"""

FIRST_FIREWALL = f"""\
# Until the agent has its first gateway document, nothing enters and nothing is forwarded.
table {TABLE}
delete table {TABLE}

table {TABLE} {{
  chain input {{
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    ct state established,related accept
    udp sport 67 udp dport 68 accept
    icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert }} accept
  }}
  chain forward {{
    type filter hook forward priority filter; policy drop;
  }}
}}
"""

NETWORKD = """\
# Routes and rules of bird and of the tunnels are not networkd's to remove.
[Network]
ManageForeignRoutes=no
ManageForeignRoutingPolicyRules=no
"""

NFTABLES_UNIT = f"""\
[Service]
ExecStart=
ExecStart=/usr/sbin/nft -f {CONFIG}/nftables.conf
ExecReload=
ExecReload=/usr/sbin/nft -f {CONFIG}/nftables.conf
# Stopping the service leaves the rules where they are.
ExecStop=
"""

BIRD_UNIT = f"""\
[Unit]
After=meshfed-routing.service

[Service]
ExecStart=
ExecStart=/usr/sbin/bird -f -u bird -g bird -c {CONFIG}/bird.conf
Restart=always
RestartSec=2
"""

STRONGSWAN_UNIT = f"""\
[Service]
Environment=SWANCTL_DIR={CONFIG}/swanctl
"""

APPARMOR_SWANCTL = f"""\
# Debian's profile lets swanctl read its own folder only.
{CONFIG}/swanctl/ r,
{CONFIG}/swanctl/** r,
"""

STRONGSWAN_CONF = f"""\
charon {{
  install_routes = no
  install_virtual_ip = no
  plugins {{
    socket-default {{
      fwmark = 0x{UNDERLAY_MARK:x}
    }}
  }}
}}
"""

AGENT_UNIT = f"""\
[Unit]
Description=Tunnels of this gateway
After=network-online.target nftables.service bird.service strongswan.service
Wants=network-online.target
ConditionPathExists={PROGRAM}

[Service]
Type=notify
ExecStart=/usr/bin/python3 {PROGRAM} run
Environment=PYTHONDONTWRITEBYTECODE=1
EnvironmentFile=-{CONFIG}/environment
Restart=always
RestartSec=5
WatchdogSec={WATCHDOG_SECONDS}
TimeoutStartSec=60
# Tunnels outlive the agent, also where WireGuard is a program.
KillMode=process
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={CONFIG} /var/lib/meshfed /run
ProtectHome=yes
PrivateTmp=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes

[Install]
WantedBy=multi-user.target
"""

FETCH_UNIT = f"""\
[Unit]
Description=Fetches the agent's release from the region's own store
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 {FETCH}
EnvironmentFile=-{CONFIG}/environment
Restart=on-failure
RestartSec=15
TimeoutStartSec=120
UMask=0077
"""

FETCH_TIMER = """\
[Unit]
Description=Fetches the agent's release now and then

[Timer]
OnActiveSec=1s
OnBootSec=30s
OnUnitInactiveSec=10min
RandomizedDelaySec=60

[Install]
WantedBy=timers.target
"""


def first_bird(region: RegionPlan, gateway: GatewayName) -> str:
    """bird.conf until the agent has its first gateway document: it speaks to nobody."""
    return f"router id {region.ranges.gateway_address(gateway)};\n\nprotocol device {{\n}}\n"


def routing_unit(region: RegionPlan, gateway: GatewayName) -> str:
    """Sends everything but encrypted packets by the tunnels' routes first, and gives the host its inner address."""
    address = region.ranges.gateway_address_ipv6(gateway)
    rule = f"not fwmark 0x{UNDERLAY_MARK:x} table {ROUTE_TABLE} priority {RULE_PRIORITY}"
    return f"""\
[Unit]
Description=Route table of tunnels ({TUNNEL_INTERFACES})
After=network-pre.target systemd-networkd.service
Before=bird.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStartPre=-/usr/sbin/ip -4 rule delete priority {RULE_PRIORITY}
ExecStartPre=-/usr/sbin/ip -6 rule delete priority {RULE_PRIORITY}
ExecStart=/usr/sbin/ip -4 rule add {rule}
ExecStart=/usr/sbin/ip -6 rule add {rule}
ExecStart=/usr/sbin/ip -6 address replace {address}/128 dev lo

[Install]
WantedBy=multi-user.target
"""


def apt_settings(gateway: GatewayName) -> str:
    """Security updates are installed daily; a restart that one needs happens in this gateway's own hour."""
    return f"""\
APT::Install-Recommends "false";
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Automatic-Reboot "true";
Unattended-Upgrade::Automatic-Reboot-WithUsers "true";
Unattended-Upgrade::Automatic-Reboot-Time "{RESTART_HOURS[gateway]:02}:00";
"""
