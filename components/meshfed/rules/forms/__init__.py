"""Forms of the same thing: Lists, text with manifests, Helm values, pod templates, configuration in maps.

Each module turns one resource into the parts that rules judge; `expand` puts them together.
"""
