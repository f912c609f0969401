"""Everything that puts Sitewarden somewhere: the directory build, the demo, the desk's command line."""
