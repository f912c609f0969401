"""The rules on a file of events and a simulated clock."""
