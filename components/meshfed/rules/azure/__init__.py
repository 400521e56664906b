"""Rules about Azure resources."""
