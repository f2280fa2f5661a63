"""Which rows each cell of a report counts: a report's module here goes with the one of the same name beside it."""
