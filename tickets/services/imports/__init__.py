"""Imports by the admin, from the upload to the account. The row in the database is the queue of record.

uploading (with preview) - starting - hints - worker (with claims and account) - sweeper; files, kinds, rights and words
serve them all. The reading itself is ``tickets.importers.base.import_file``, as for the command.
"""

from tickets.services.imports.downloads import open_account
from tickets.services.imports.rights import may_import
from tickets.services.imports.starting import cancel, start
from tickets.services.imports.sweeper import sweep
from tickets.services.imports.uploading import again, change, upload
from tickets.services.imports.words import words_for, written_sentence
from tickets.services.imports.worker import work

__all__ = [
    "again",
    "cancel",
    "change",
    "may_import",
    "open_account",
    "start",
    "sweep",
    "upload",
    "words_for",
    "work",
    "written_sentence",
]
