"""From an upload to a stored file that can be previewed, and from one that was imported to the same once more."""

import shutil
from collections.abc import Mapping
from uuid import UUID, uuid4

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from rest_framework import status

from accounts.models import User
from memberpulse.errors import Conflict, Refusal
from tickets.importers import FORMATS
from tickets.models import ImportRun, ImportState
from tickets.services.imports import files, kinds
from tickets.services.imports.preview import preview


class NotStored(Refusal):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "not-stored"


def upload(
    *,
    user: User,
    format_name: str,
    time_zone: str,
    file: UploadedFile,
    companions: Mapping[str, UploadedFile],
    mapping: str = "",
) -> ImportRun:
    """The stored file with its preview. ``companions`` are by the names the format gives them.

    Raises NotStored where the disk is full.
    """
    run_id = uuid4()
    try:
        stored = files.store(files.file_of(run_id), file.chunks())
        run = ImportRun(
            uuid=run_id,
            requested_by=user,
            format=format_name,
            source=FORMATS[format_name].source,
            time_zone=time_zone,
            file_name=files.shown_name(file.name or ""),
            size=stored.size,
            sha256=stored.sha256,
        )
        _store_companions(run, companions, mapping)
    except OSError:
        files.delete_folder(run_id)
        raise _not_stored() from None
    return _previewed(run)


def change(run: ImportRun, *, time_zone: str, companions: Mapping[str, UploadedFile], mapping: str) -> bool:
    """Takes over what was typed and previews it; False if it was what it is already. Raises Conflict once started."""
    if not companions and (run.time_zone, run.mapping) == (time_zone, mapping):
        return False
    if run.state != ImportState.PREVIEWED:
        raise _started()
    run.time_zone = time_zone
    try:
        _store_companions(run, companions, mapping)
    except OSError:
        raise _not_stored() from None
    _look(run)
    names = ("time_zone", "mapping", "companions", "preview", "source")
    open_still = ImportRun.objects.filter(pk=run.pk, state=ImportState.PREVIEWED)
    if not open_still.update(**{name: getattr(run, name) for name in names}):
        raise _started()
    return True


def again(run: ImportRun, *, user: User) -> ImportRun:
    """The same files as a new import, to be started. Raises Conflict once the files are deleted."""
    run_id = uuid4()
    if run.files_deleted_at or not files.is_as_stored(run):
        raise Conflict(_("The uploaded file is no longer kept. Upload it again."), code="files-deleted")
    try:
        files.copy_folder(run.pk, run_id)
    except (OSError, shutil.Error):
        files.delete_folder(run_id)
        raise _not_stored() from None
    kept = ("format", "source", "time_zone", "file_name", "size", "sha256", "companions", "mapping")
    return _previewed(ImportRun(uuid=run_id, requested_by=user, **{name: getattr(run, name) for name in kept}))


def _store_companions(run: ImportRun, companions: Mapping[str, UploadedFile], mapping: str) -> None:
    for name, uploaded in companions.items():
        stored = files.store(files.companion_of(run.pk, name), uploaded.chunks())
        run.companions[name] = {"file_name": files.shown_name(uploaded.name or ""), "size": stored.size}
    run.mapping = mapping
    if kinds.has_mapping(FORMATS[run.format]):
        _store_mapping(run.pk, mapping)


def _store_mapping(run_id: UUID, mapping: str) -> None:
    path = files.companion_of(run_id, kinds.MAPPING)
    if mapping.strip():
        files.store(path, [mapping.encode()])
    else:
        path.unlink(missing_ok=True)


def _previewed(run: ImportRun) -> ImportRun:
    """The row, whole from the beginning."""
    _look(run)
    run.save(force_insert=True)
    return run


def _look(run: ImportRun) -> None:
    """Reads the beginning, and keeps what the page says of it."""
    run.preview = preview(run)
    run.source = run.preview["source"] or run.source


def _started() -> Conflict:
    return Conflict(_("This import was started already: it can no longer be changed."), code="started")


def _not_stored() -> NotStored:
    return NotStored(
        _("The file could not be stored: there is no room here, or no right to write. Tell an administrator.")
    )
