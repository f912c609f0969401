"""What crosses the network or is signed, and nothing else.

Pure: no file, socket or clock is touched here; every function takes bytes or values and
returns bytes or values. Both the agent (a guest on a customer's server) and the collector
import this package, so it depends on msgspec, zstandard, cryptography and PyYAML alone.
"""
