"""User data of a tunnel gateway: a bootstrap whose size does not depend on how many regions there are.

It holds no secret. It installs what a stock image lacks, closes what is not needed, and starts a timer that fetches the
agent from the region's own store; who the peers are, the agent reads there.
"""

import importlib.resources
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meshfed.errors import RenderError
from meshfed.render import host_files as host_texts
from meshfed.render.agent_settings import GatewayHost, agent_settings
from meshfed.render.nftables import HEALTH_PORT
from meshfed.settings.gateway import StockImage
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.values import Cloud, GatewayName

__all__ = ["HEALTH_PORT", "USER_DATA_LIMIT", "GatewayHost", "user_data"]

USER_DATA_LIMIT = 16 * 1024
"""Bytes of user data that EC2 takes before base64; Azure (64 KiB) and Google (256 KiB) take more."""
PACKAGES = (
    "bird2",
    "charon-systemd",
    "iproute2",
    "libstrongswan-standard-plugins",
    "nftables",
    "python3-boto3",
    "python3-cryptography",
    "strongswan-swanctl",
    "unattended-upgrades",
    "wireguard-tools",
)
METADATA_HOSTS = ("169.254.169.254", "168.63.129.16", "metadata.google.internal", "localhost", "127.0.0.1")
"""What is never asked through a proxy."""
SYSTEMD = "/etc/systemd/system"


@dataclass(frozen=True, slots=True)
class _File:
    """A file that cloud-init writes."""

    path: str
    content: str
    mode: str = "0644"


def user_data(plan: Plan, region: str, gateway: GatewayName, host: GatewayHost) -> str:
    """The cloud-config of one gateway; raises RenderError where it is longer than a cloud takes."""
    mine = plan.regions[region]
    lines = [
        "#cloud-config",
        # No account of a person, no password, no SSH: break-glass is the cloud's own. An empty list fails the schema.
        "users:",
        "- name: root",
        "  lock_passwd: true",
        "disable_root: true",
        "ssh_pwauth: false",
        "ssh_deletekeys: true",
        *_certificates(mine),
        *_packages(mine),
        "write_files:",
        *(line for file in _files(plan, mine, gateway, host) for line in _written(file)),
        "runcmd:",
        *(f"- {json.dumps(command)}" for command in _commands(mine)),
    ]
    text = "\n".join(lines) + "\n"
    size = len(text.encode())
    if size > USER_DATA_LIMIT:
        raise RenderError(
            f"regions.{region}: user data has {size} bytes; a cloud takes {USER_DATA_LIMIT}. "
            "Shorten extra_ca, or put those certificates into a prepared image."
        )
    return text


def _certificates(region: RegionPlan) -> Iterator[str]:
    if region.settings.extra_ca is not None:
        yield "ca_certs:"
        yield "  trusted:"
        yield "  - |"
        yield from _indented(region.settings.extra_ca, 4)


def _packages(region: RegionPlan) -> Iterator[str]:
    image = region.settings.gateways.image
    if not isinstance(image, StockImage):
        return
    proxy = region.settings.proxy
    if proxy is not None or image.package_mirror is not None:
        yield "apt:"
    if proxy is not None:
        yield f"  http_proxy: {json.dumps(proxy.url)}"
        yield f"  https_proxy: {json.dumps(proxy.url)}"
    if image.package_mirror is not None:
        mirror = image.package_mirror.rstrip("/")
        for role, uri in (("primary", mirror), ("security", f"{mirror}-security")):
            yield f"  {role}:"
            yield "  - arches: [default]"
            yield f"    uri: {json.dumps(uri)}"
    yield "package_update: true"
    yield "package_upgrade: true"
    yield "packages:"
    yield from (f"- {package}" for package in PACKAGES)


def _files(plan: Plan, region: RegionPlan, gateway: GatewayName, host: GatewayHost) -> Iterator[_File]:
    config = host_texts.CONFIG
    fetch = importlib.resources.files("meshfed.render").joinpath("host_fetch.py").read_text()
    yield _File(f"{config}/agent.json", agent_settings(plan, region.key, gateway, host))
    yield _File(f"{config}/bird.conf", host_texts.first_bird(region, gateway), "0640")
    yield _File(f"{config}/nftables.conf", host_texts.FIRST_FIREWALL)
    yield _File(f"{config}/environment", "".join(f"{line}\n" for line in _environment(region)))
    yield _File("/etc/sysctl.d/90-meshfed.conf", host_texts.SYSCTL)
    yield _File("/etc/apt/apt.conf.d/90meshfed", host_texts.apt_settings(gateway))
    yield _File("/etc/systemd/networkd.conf.d/meshfed.conf", host_texts.NETWORKD)
    yield _File("/etc/strongswan.d/meshfed.conf", host_texts.STRONGSWAN_CONF)
    yield _File("/etc/apparmor.d/local/usr.sbin.swanctl", host_texts.APPARMOR_SWANCTL)
    yield _File(host_texts.FETCH, fetch)
    yield _File(f"{SYSTEMD}/nftables.service.d/meshfed.conf", host_texts.NFTABLES_UNIT)
    yield _File(f"{SYSTEMD}/bird.service.d/meshfed.conf", host_texts.BIRD_UNIT)
    yield _File(f"{SYSTEMD}/strongswan.service.d/meshfed.conf", host_texts.STRONGSWAN_UNIT)
    yield _File(f"{SYSTEMD}/meshfed-routing.service", host_texts.routing_unit(region, gateway))
    yield _File(f"{SYSTEMD}/meshfed-agent.service", host_texts.AGENT_UNIT)
    yield _File(f"{SYSTEMD}/meshfed-fetch.service", host_texts.FETCH_UNIT)
    yield _File(f"{SYSTEMD}/meshfed-fetch.timer", host_texts.FETCH_TIMER)


def _environment(region: RegionPlan) -> Iterator[str]:
    """What programs that fetch are told: the system's certificates for boto3, and the proxy."""
    yield "AWS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt"
    if region.settings.proxy is not None:
        yield f"http_proxy={region.settings.proxy.url}"
        yield f"https_proxy={region.settings.proxy.url}"
        yield f"no_proxy={','.join((*METADATA_HOSTS, *region.settings.proxy.except_for))}"


def _commands(region: RegionPlan) -> Iterator[Sequence[str]]:
    config = host_texts.CONFIG
    yield ["systemctl", "mask", "--now", "ssh.service", "ssh.socket"]
    yield ["systemctl", "daemon-reload"]
    yield ["modprobe", "nf_conntrack"]
    yield ["sysctl", "--system"]
    yield ["apparmor_parser", "--replace", "/etc/apparmor.d/usr.sbin.swanctl"]
    # What the agent writes here belongs to bird's group: bird reads its file as its own user.
    yield ["install", "-d", "-o", "root", "-g", "bird", "-m", "2750", config]
    yield ["chgrp", "bird", f"{config}/bird.conf"]
    yield ["systemctl", "try-restart", "systemd-networkd.service"]
    yield ["systemctl", "enable", "meshfed-agent.service"]
    services = ("nftables.service", "meshfed-routing.service", "bird.service", "strongswan.service")
    for service in services:
        yield ["systemctl", "enable", service]
        yield ["systemctl", "restart", service]
    yield from _session_manager(region)
    yield ["systemctl", "enable", "--now", "meshfed-fetch.timer"]


def _session_manager(region: RegionPlan) -> Iterator[Sequence[str]]:
    """AWS's break-glass needs its own agent, which Debian does not carry; AWS serves it in every location.

    Not pinned: a machine may start years after its user data was written, and AWS serves only agents that keep up with
    its service. Trust is in TLS and in AWS, who runs the machine; who wants a fixed one names an own image.
    """
    if region.cloud is not Cloud.AWS or not isinstance(region.settings.gateways.image, StockImage):
        return
    place = region.settings.location
    # The size decides between amd64 and arm64, and the image with it: the host knows best what it is.
    folder = f"https://s3.{place}.amazonaws.com/amazon-ssm-{place}/latest/debian_$(dpkg --print-architecture)"
    url = f"{folder}/amazon-ssm-agent.deb"
    target = "/run/amazon-ssm-agent.deb"
    # Fetched by what is installed anyway, and in one step: without the file there is nothing to install.
    yield ["sh", "-c", f"/usr/lib/apt/apt-helper download-file {url} {target} && dpkg --install {target}"]


def _written(file: _File) -> Iterator[str]:
    yield f"- path: {file.path}"
    yield f'  permissions: "{file.mode}"'
    yield "  content: |"
    yield from _indented(file.content, 4)


def _indented(text: str, spaces: int) -> Iterator[str]:
    yield from (" " * spaces + line if line else "" for line in text.splitlines())
