"""A zero-trust service mesh over AWS, Azure and GCP as Pulumi components. Loads no cloud SDK."""

__version__ = "0.1.0"
