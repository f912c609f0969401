"""One SQLite file on the customer's server: read positions, records that wait, sealed batches."""
