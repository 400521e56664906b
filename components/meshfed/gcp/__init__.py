"""Regions in Google Cloud. No other cloud is imported here, and no settings file is read."""
