"""Facts against the settings and against one another: what two regions share lets one speak for the other."""

from collections.abc import Iterator

from meshfed.errors import Fault
from meshfed.settings.facts import Facts
from meshfed.settings.federation import Federation

AGAIN = "Run `meshfed pin` again, and find out why before you commit."


def fact_faults(facts: Facts, federation: Federation) -> Iterator[Fault]:
    """What of pinned facts cannot be relied on."""
    owner: dict[str, str] = {}
    for key, pinned in facts.regions.items():
        path = f"regions.{key}"
        settings = federation.regions.get(key)
        if settings is None:
            yield Fault(path, "", "the settings have no such region.", "Run `meshfed pin`, which drops it.")
        elif pinned.epoch > settings.epoch:
            problem = f"is later than the settings' epoch of {settings.epoch}."
            yield Fault(f"{path}.epoch", str(pinned.epoch), problem, AGAIN)
        told = {f"gateway_addresses[{index}]": str(one) for index, one in enumerate(pinned.gateway_addresses)}
        told |= {"issuer": pinned.issuer, "peer_key": pinned.peer_key, "bundle_key": pinned.bundle_key}
        for name, value in told.items():
            where = f"{path}.{name}"
            if value in owner:
                shown = "" if name.endswith("key") else value
                yield Fault(where, shown, f"is also at {owner[value]}; no two facts are the same.", AGAIN)
            owner.setdefault(value, where)
