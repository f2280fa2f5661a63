"""Whoever may not see single agents' figures is told of many ratings at once or of none (reports/satisfaction.py)."""
