"""Windows, silences and whatever else holds faults back: kept, listed, ended."""
