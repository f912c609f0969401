"""The demo: two real customer sites, two agents and a collector, started by one command."""
