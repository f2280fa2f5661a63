"""Exports, from the request to the file, its mail and its end. The row in the database is the queue of record.

requesting - hints - worker (with claims, files and mails) - sweeper - downloads; problems and rights serve them all.
"""

from reporting.services.exports.downloads import delete_export, open_download
from reporting.services.exports.problems import Problem, is_waiting_for_worker, problem_of, words_for
from reporting.services.exports.requesting import request_export
from reporting.services.exports.sweeper import sweep
from reporting.services.exports.worker import build

__all__ = [
    "Problem",
    "build",
    "delete_export",
    "is_waiting_for_worker",
    "open_download",
    "problem_of",
    "request_export",
    "sweep",
    "words_for",
]
