"""Tools for the people who keep a coding file: writing, suggesting, ordering, comparing, spreadsheets."""
