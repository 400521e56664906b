"""Facts against the settings and against one another: what two regions share lets one speak for the other."""

from collections.abc import Iterator

from meshfed.errors import Fault
from meshfed.settings.facts import Facts
from meshfed.settings.federation import Federation
from meshfed.settings.keys import fingerprint

AGAIN = "Run `meshfed pin` again, and find out why before you commit."


def fact_faults(facts: Facts, federation: Federation) -> Iterator[Fault]:
    """What of pinned facts cannot be relied on."""
    # Keys are compared by what they are: the same one may be written with other line ends.
    owner = {
        fingerprint(region.offline_key): f"the settings' regions.{key}.offline_key"
        for key, region in federation.regions.items()
        if region.offline_key is not None
    }
    for key, pinned in facts.regions.items():
        path = f"regions.{key}"
        settings = federation.regions.get(key)
        if settings is None:
            yield Fault(path, "", "the settings have no such region.", "Run `meshfed pin`, which drops it.")
        elif pinned.epoch > settings.epoch:
            problem = f"is later than the settings' epoch of {settings.epoch}; an epoch never goes back."
            hint = f"Set the region's epoch to {pinned.epoch}."
            yield Fault(f"{path}.epoch", str(pinned.epoch), problem, hint)
        told = {f"gateway_addresses[{index}]": str(one) for index, one in enumerate(pinned.gateway_addresses)}
        told |= {"issuer": pinned.issuer}
        told |= {name: fingerprint(getattr(pinned, name)) for name in ("peer_key", "bundle_key")}
        for name, value in told.items():
            where = f"{path}.{name}"
            if value in owner:
                shown = "" if name.endswith("key") else value
                yield Fault(where, shown, f"is also at {owner[value]}; no two facts are the same.", AGAIN)
            owner.setdefault(value, where)
