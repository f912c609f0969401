"""All faults of all sites together: storms, windows, silence, problems, budgets. Pure over a port."""
