"""Asking customers' servers for an action: the log-in, verified actions, the request, its progress."""
