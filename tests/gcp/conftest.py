"""Loads the SDK before any test: some of its own modules warn of themselves while they are imported."""

import importlib
import warnings

MODULES = ("compute", "container", "iap", "kms", "monitoring", "organizations", "projects", "serviceaccount", "storage")

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", r"gcp\..* has been deprecated in favor of", DeprecationWarning)
    for module in MODULES:
        # The SDK loads a module only when something of it is asked for.
        assert not hasattr(importlib.import_module(f"pulumi_gcp.{module}"), "NoSuchResource")
