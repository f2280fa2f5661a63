"""Reports as files. A renderer writes down what a report says; it computes nothing and reads no tickets."""

from collections.abc import Mapping
from typing import BinaryIO

from accounts.models import User
from reporting.models import ExportFormat
from reporting.reports.sections import Report


def render(file_format: str, reports: Mapping[str, Report], report_key: str, person: User, file: BinaryIO) -> None:
    """Writes the report into ``file``. ``reports`` may hold others of the same moment that help to present it."""
    # Each brings a library along that only workers need.
    if file_format == ExportFormat.PDF:
        from reporting.renderers.pdf import write_pdf

        write_pdf(reports[report_key], file, person=person, summary=reports.get("summary"))
    else:
        from reporting.renderers.csv import write_csv

        write_csv(reports[report_key], file, person=person)
