"""What is to be told: notices and timelines, read on from where the outbox last stood."""
