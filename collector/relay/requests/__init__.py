"""What people ask for: drafts, requests that were signed, and where each of them stands on each host."""
