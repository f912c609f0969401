"""The privileged process: no network, started on demand, the only user of `subprocess`."""
