"""What software agents say their hosts have."""
