"""Handing out the account of an import."""

from django.http import FileResponse
from django.utils.translation import gettext as _
from rest_framework import status

from memberpulse.errors import Conflict, Refusal
from tickets.models import ImportRun
from tickets.services.imports import files


class AccountGone(Refusal):
    status_code = status.HTTP_404_NOT_FOUND
    default_code = "account-gone"


def open_account(run: ImportRun) -> FileResponse:
    """The account as a CSV attachment. Raises Conflict while it grows, AccountGone where there is none."""
    if not run.is_over:
        raise Conflict(_("There is no account yet: the import is still under way."), code="not-over")
    try:
        file = files.account_of(run.pk, run.claim_token).open("rb")
    except OSError:
        raise AccountGone(_("There is no account of this import: nothing was read, or its file is gone.")) from None
    stem = run.file_name.removesuffix(".gz").rpartition(".")[0] or run.file_name
    response = FileResponse(
        file, as_attachment=True, filename=f"account-of-{stem}.csv", content_type="text/csv; charset=utf-8"
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
