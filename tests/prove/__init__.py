"""What takes too long to be run for every change: ``python -m tests.prove``, or ``make prove``."""
