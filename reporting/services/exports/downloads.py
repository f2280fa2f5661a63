"""Handing files out, and taking them away."""

from uuid import UUID

from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit import record
from accounts.models import AuditKind, User
from accounts.scope import forget
from memberpulse.errors import Conflict, Gone
from reporting.models import Export, ExportState
from reporting.services.exports.files import open_verified, path_of
from reporting.services.exports.problems import SENTENCES, has_expired, words_for
from reporting.services.exports.rights import may_have

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}


def open_download(*, user: User, export_id: UUID) -> FileResponse:
    """The file as an attachment, for its owner alone and while they may see what is in it.

    Raises Http404 for what is not theirs or no longer open to them, as if it were not there, Gone once it has expired,
    Conflict while it is not ready, FileDamaged where the file is not the one that was stored.
    """
    export = get_object_or_404(Export.objects.owned_by(user), pk=export_id)
    if not may_have(_anew(user), export):
        raise Http404
    if has_expired(export, timezone.now()):
        raise Gone(SENTENCES["EXPIRED"])
    if export.state != ExportState.READY:
        raise Conflict(_("There is no file yet: %s") % words_for(export), code="not-ready")
    file = open_verified(export)
    record(AuditKind.EXPORT_DOWNLOADED, actor=user, subject=str(export.pk), report=export.report_key)
    response = FileResponse(
        file,
        as_attachment=True,
        filename=file_name(export),
        content_type=CONTENT_TYPES[export.format],
    )
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _anew(user: User) -> User:
    """What the request knew of the person and their grants may be a moment old."""
    forget()
    return User.objects.get(pk=user.pk)


def file_name(export: Export) -> str:
    """Made of words of ours and dates: nothing in it was typed by anybody."""
    first, last = export.params.get("from", "all"), export.params.get("to", f"{export.as_of:%Y-%m-%d}")
    return f"memberpulse-{export.report_key}-{first}-{last}.{export.format}"


def delete_export(export: Export) -> None:
    """Row first: a worker that is building it loses its claim, and a file left behind is swept."""
    path = path_of(export)
    export.delete()
    path.unlink(missing_ok=True)
