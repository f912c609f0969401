"""Steps from one schema to the next; `collector.store.migrate` runs them."""
