"""The directory that goes to a customer's server: `python -m deploy.agent.build DIR`."""
