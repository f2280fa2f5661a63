"""A made-up desk with believable months behind it, to try the reports on. Never loaded in production mode."""
