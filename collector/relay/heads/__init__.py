"""Heads of the hosts' audit chains: countersigned as long as a chain only grows."""
