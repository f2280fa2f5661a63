"""Files that somebody made to break the import, or that broke on their way: each is refused whole, with a sentence and
the database as it was, or by row, with a reason and everything else taken. Never a traceback, never half a ticket.

Every format gets what can be done to any file; what can be done to a row or a ticket follows by kind of file.
"""
