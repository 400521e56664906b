"""The clouds' locations: roughly where they are, and the three zones that a region takes.

Coordinates are those of the city or county that the vendor names, to about 50 km, which is half a millisecond. Azure
East US is set where measured round trips put it (1.9 ms from AWS us-east-1), not at the point its list shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from meshfed.values import Cloud


@dataclass(frozen=True, slots=True)
class Location:
    """A place where a cloud has machines."""

    latitude: float
    """Degrees north."""
    longitude: float
    """Degrees east."""
    zones: tuple[str, str, str] = ("a", "b", "c")
    """Letters (AWS, GCP) of three zones that any account may use; Azure numbers its zones 1 to 3 everywhere."""


_AWS = {
    "af-south-1": Location(-33.92, 18.42),
    "ap-east-1": Location(22.32, 114.17),
    "ap-east-2": Location(25.03, 121.57),
    "ap-northeast-1": Location(35.68, 139.69, ("a", "c", "d")),
    "ap-northeast-2": Location(37.57, 126.98),
    "ap-northeast-3": Location(34.69, 135.50),
    "ap-south-1": Location(19.08, 72.88),
    "ap-south-2": Location(17.39, 78.49),
    "ap-southeast-1": Location(1.35, 103.82),
    "ap-southeast-2": Location(-33.87, 151.21),
    "ap-southeast-3": Location(-6.21, 106.85),
    "ap-southeast-4": Location(-37.81, 144.96),
    "ap-southeast-5": Location(3.14, 101.69),
    "ap-southeast-7": Location(13.76, 100.50),
    "ca-central-1": Location(45.50, -73.57, ("a", "b", "d")),
    "ca-west-1": Location(51.05, -114.07),
    "eu-central-1": Location(50.11, 8.68),
    "eu-central-2": Location(47.37, 8.54),
    "eu-north-1": Location(59.33, 18.07),
    "eu-south-1": Location(45.46, 9.19),
    "eu-south-2": Location(41.65, -0.88),
    "eu-west-1": Location(53.35, -6.26),
    "eu-west-2": Location(51.51, -0.13),
    "eu-west-3": Location(48.86, 2.35),
    "il-central-1": Location(32.08, 34.78),
    "me-central-1": Location(24.45, 54.38),
    "me-south-1": Location(26.07, 50.55),
    "mx-central-1": Location(20.59, -100.39),
    "sa-east-1": Location(-23.55, -46.63),
    "us-east-1": Location(38.94, -77.45),
    "us-east-2": Location(40.09, -82.75),
    "us-west-2": Location(45.84, -119.70),
}
_GCP = {
    "africa-south1": Location(-26.20, 28.05),
    "asia-east1": Location(24.05, 120.52),
    "asia-east2": Location(22.32, 114.17),
    "asia-northeast1": Location(35.68, 139.69),
    "asia-northeast2": Location(34.69, 135.50),
    "asia-northeast3": Location(37.57, 126.98),
    "asia-south1": Location(19.08, 72.88),
    "asia-south2": Location(28.61, 77.21),
    "asia-southeast1": Location(1.35, 103.82),
    "asia-southeast2": Location(-6.21, 106.85),
    "australia-southeast1": Location(-33.87, 151.21),
    "australia-southeast2": Location(-37.81, 144.96),
    "europe-central2": Location(52.23, 21.01),
    "europe-north1": Location(60.57, 27.19),
    "europe-north2": Location(59.33, 18.07),
    "europe-southwest1": Location(40.42, -3.70),
    "europe-west1": Location(50.47, 3.87, ("b", "c", "d")),
    "europe-west2": Location(51.51, -0.13),
    "europe-west3": Location(50.11, 8.68),
    "europe-west4": Location(53.44, 6.83),
    "europe-west6": Location(47.37, 8.54),
    "europe-west8": Location(45.46, 9.19),
    "europe-west9": Location(48.86, 2.35),
    "europe-west10": Location(52.52, 13.40),
    "europe-west12": Location(45.07, 7.69),
    "me-central1": Location(25.29, 51.53),
    "me-central2": Location(26.42, 50.09),
    "me-west1": Location(32.08, 34.78),
    "northamerica-northeast1": Location(45.50, -73.57),
    "northamerica-northeast2": Location(43.65, -79.38),
    "northamerica-south1": Location(20.59, -100.39),
    "southamerica-east1": Location(-23.55, -46.63),
    "southamerica-west1": Location(-33.45, -70.67),
    "us-central1": Location(41.26, -95.86),
    "us-east1": Location(33.20, -80.01, ("b", "c", "d")),
    "us-east4": Location(39.02, -77.47),
    "us-east5": Location(39.96, -83.00),
    "us-south1": Location(32.78, -96.80),
    "us-west1": Location(45.60, -121.18),
    "us-west2": Location(34.05, -118.24),
    "us-west3": Location(40.76, -111.89),
    "us-west4": Location(36.17, -115.14),
}
_NUMBERED = ("1", "2", "3")
_AZURE = {
    name: Location(latitude, longitude, _NUMBERED)
    for name, latitude, longitude in (
        ("australiaeast", -33.86, 151.21),
        ("austriaeast", 48.21, 16.37),
        ("belgiumcentral", 50.85, 4.35),
        ("brazilsouth", -23.55, -46.63),
        ("canadacentral", 43.65, -79.38),
        ("centralindia", 18.58, 73.92),
        ("centralus", 41.59, -93.62),
        ("chilecentral", -33.45, -70.67),
        ("eastasia", 22.27, 114.19),
        ("eastus", 38.94, -77.45),
        ("eastus2", 36.67, -78.39),
        ("francecentral", 46.37, 2.37),
        ("germanywestcentral", 50.11, 8.68),
        ("indonesiacentral", -6.21, 106.85),
        ("israelcentral", 31.27, 34.81),
        ("italynorth", 45.46, 9.19),
        ("japaneast", 35.68, 139.77),
        ("japanwest", 34.69, 135.50),
        ("koreacentral", 37.57, 126.98),
        ("malaysiawest", 3.14, 101.69),
        ("mexicocentral", 20.59, -100.39),
        ("newzealandnorth", -36.85, 174.76),
        ("northeurope", 53.35, -6.26),
        ("norwayeast", 59.91, 10.75),
        ("polandcentral", 52.23, 21.01),
        ("qatarcentral", 25.29, 51.53),
        ("southafricanorth", -25.73, 28.22),
        ("southcentralus", 29.42, -98.49),
        ("southeastasia", 1.28, 103.83),
        ("spaincentral", 40.42, -3.70),
        ("swedencentral", 60.67, 17.14),
        ("switzerlandnorth", 47.45, 8.56),
        ("uaenorth", 25.27, 55.32),
        ("uksouth", 51.51, -0.13),
        ("westeurope", 52.37, 4.90),
        ("westus2", 47.23, -119.85),
        ("westus3", 33.45, -112.07),
    )
}
LOCATIONS: Mapping[Cloud, Mapping[str, Location]] = MappingProxyType(
    {
        Cloud.AWS: MappingProxyType(_AWS),
        Cloud.AZURE: MappingProxyType(_AZURE),
        Cloud.GCP: MappingProxyType(_GCP),
    }
)
"""Locations with three zones, by cloud and name."""


def zones_of(cloud: Cloud, location: str) -> tuple[str, str, str]:
    """The three zones that a region takes where its settings name none.

    >>> zones_of(Cloud.AWS, "us-east-1"), zones_of(Cloud.AZURE, "eastus")
    (('us-east-1a', 'us-east-1b', 'us-east-1c'), ('1', '2', '3'))
    """
    letters = LOCATIONS[cloud][location].zones
    prefix = {Cloud.AWS: location, Cloud.AZURE: "", Cloud.GCP: f"{location}-"}[cloud]
    first, second, third = (f"{prefix}{letter}" for letter in letters)
    return first, second, third
