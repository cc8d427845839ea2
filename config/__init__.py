"""What we know before we see data.

Settings, the error tree, the schemas of the tables that flow between packages, the units of cutover and their
collection points, the registry of legacy systems, one YAML per kind of legacy system, the matching model,
survivorship and lookups. Everything here is frozen and strict: a misspelt key fails at start with file and key.
"""
