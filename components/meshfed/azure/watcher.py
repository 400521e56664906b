"""Names of Azure's Network Watchers: one a location and subscription, made by Azure with the first network there."""

WATCHER_GROUP = "NetworkWatcherRG"


def watcher_name(location: str) -> str:
    """The name that Azure gives a location's Network Watcher.

    >>> watcher_name("germanywestcentral")
    'NetworkWatcher_germanywestcentral'
    """
    return f"NetworkWatcher_{location}"
