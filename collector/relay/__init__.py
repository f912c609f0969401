"""Relaying what others have signed: documents down to hosts, results and audit heads up."""
