"""Who is told: recipients of mail, and webhooks."""
