"""How fast the reports are, against the usual way of writing them: ``make bench [TICKETS=n]``."""
