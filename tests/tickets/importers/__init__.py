"""A folder for each importer, and two for what holds of all of them: shared and hostile."""
