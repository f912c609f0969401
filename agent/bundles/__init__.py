"""Support bundles on this host: redacted, looked at by the customer, and only then sent."""
