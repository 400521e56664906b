"""What a tunnel gateway in Google Cloud runs at each boot, before its user data is read.

It opens or closes the serial console's root shell (break-glass), as the machine's metadata says, and gives a stock
Debian image cloud-init, which Google's own lacks.
"""

from shlex import quote

from meshfed.settings.gateway import StockImage
from meshfed.settings.region import GcpRegion

_CONSOLE = """\
#!/bin/sh
# The serial console gives a root shell while the machine's metadata enables it, and no login otherwise.
set -eu
attributes=http://metadata.google.internal/computeMetadata/v1/instance/attributes
console=/etc/systemd/system/serial-getty@ttyS0.service.d
if [ "$(curl -sf -H 'Metadata-Flavor: Google' "$attributes/serial-port-enable" || true)" = TRUE ]; then
    mkdir -p "$console"
    printf '%s\\n' '[Service]' 'ExecStart=' \\
        'ExecStart=-/sbin/agetty --autologin root --keep-baud 115200,57600,38400,9600 - $TERM' >"$console/meshfed.conf"
    systemctl daemon-reload
    systemctl unmask serial-getty@ttyS0.service
    systemctl restart serial-getty@ttyS0.service
else
    rm -rf "$console"
    systemctl mask --now serial-getty@ttyS0.service
fi
"""
_HEAD = """\
# Google's Debian images have no cloud-init. It reads this machine's user data on the boot after its installation.
if command -v cloud-init >/dev/null; then
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
"""
_TAIL = """\
# Addresses and routes stay with Google's own guest agent.
mkdir -p /etc/cloud/cloud.cfg.d
echo 'network: {config: disabled}' >/etc/cloud/cloud.cfg.d/99-meshfed-network.cfg
apt-get update
apt-get install --yes --no-install-recommends cloud-init
systemctl reboot
"""


def startup_script(settings: GcpRegion) -> str:
    """The script; it holds no secret and is the same at every boot."""
    image = settings.gateways.image
    if not isinstance(image, StockImage):
        return _CONSOLE
    return "".join((_CONSOLE, _HEAD, _proxy(settings), _authorities(settings), _mirror(image), _TAIL))


def _proxy(settings: GcpRegion) -> str:
    if settings.proxy is None:
        return ""
    line = f'Acquire::http::Proxy "{settings.proxy.url}"; Acquire::https::Proxy "{settings.proxy.url}";'
    return f"echo {quote(line)} >/etc/apt/apt.conf.d/10meshfed-proxy\n"


def _authorities(settings: GcpRegion) -> str:
    if settings.extra_ca is None:
        return ""
    return (
        f"printf '%s\\n' {quote(settings.extra_ca.strip())} >/usr/local/share/ca-certificates/meshfed.crt\n"
        "update-ca-certificates\n"
    )


def _mirror(image: StockImage) -> str:
    if image.package_mirror is None:
        return ""
    return (
        "rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*\n"
        ". /etc/os-release\n"
        f'echo "deb "{quote(image.package_mirror)}" $VERSION_CODENAME main" >/etc/apt/sources.list.d/meshfed.list\n'
    )
