"""What hosts prove about their backups: signed, kept as they came, never changed."""
