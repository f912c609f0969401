"""The vendor's and engineer's command line `sitewarden`, one file a command."""
