"""The site's own key: a file on the host, a sheet of paper in a drawer."""
