"""Errors of the fleet that have no code yet: counted by template, until a person decides."""
