"""Trust decisions: what the vendor published, who its engineers are, what the customer allows."""
