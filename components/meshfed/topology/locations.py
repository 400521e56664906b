"""Where the clouds' locations are and which three zones a region takes in each."""

from meshfed.values import Cloud


def zones_of(cloud: Cloud, location: str) -> tuple[str, str, str]:
    """The three zones that a region takes where its settings name none.

    >>> zones_of(Cloud.AWS, "us-east-1")
    ('us-east-1a', 'us-east-1b', 'us-east-1c')
    """
    separator = "-" if cloud is Cloud.GCP else ""
    first, second, third = (f"{location}{separator}{letter}" for letter in "abc")
    return first, second, third
