"""How a permitted patch becomes a job, runs in a process of its own, and is remembered."""
