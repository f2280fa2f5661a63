"""Importing tickets in the admin: upload, preview, progress and account, for those who may import."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.capabilities import Capability
from accounts.guarded import ReadOnlyAdmin
from memberpulse.errors import Conflict, Refusal
from memberpulse.zones import zone_names
from tickets.admin.import_forms import TOO_LARGE, CompanionsForm, UploadForm
from tickets.admin.import_pages import FORESEEN, Progress, offered, steps_of, told
from tickets.admin.uploads import limited
from tickets.importers import FORMATS
from tickets.importers.base import Format
from tickets.importers.files import FileError
from tickets.models import ImportRun, ImportState
from tickets.services import imports
from tickets.services.imports import kinds

PAGES = "admin/tickets/importrun"
NOT_PREVIEWED = gettext_lazy("What you changed is previewed here. If it is right, start the import.")


def _asked(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For those who may import; a refusal becomes a page with its sentence and its status."""

    @wraps(view)
    def wrapper(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            return view(self, request, *args, **kwargs)
        except Refusal as refusal:
            return self.refused(request, refusal)
        except FileError as error:
            # Only of an upload whose format this release no longer has: all others are shown at the file.
            return self.refused(request, Conflict(str(error)))

    return wrapper


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    access = Capability.IMPORT_TICKETS
    list_display = ["file_name", "label", "requested_by", "how_it_stands", "created_at"]
    list_filter = ["state", "format"]
    list_select_related = ["requested_by"]
    search_fields = ["file_name"]
    change_list_template = f"{PAGES}/list.html"

    def has_add_permission(self, request, obj=None) -> bool:
        return self.is_open(request)

    @admin.display(description=gettext_lazy("Format"), ordering="format")
    def label(self, run: ImportRun) -> str:
        return kinds.label_of(run)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def how_it_stands(self, run: ImportRun) -> str:
        return imports.words_for(run)

    def get_urls(self):
        views = {"cancel": self.cancel, "again": self.again, "progress": self.progress, "account": self.account}
        named = [
            path(f"<uuid:uuid>/{name}/", self.admin_site.admin_view(view), name=f"tickets_importrun_{name}")
            for name, view in views.items()
        ]
        return named + super().get_urls()

    # --- Pages ---

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": _("Imports"), **(extra_context or {})})

    @limited
    @_asked
    def add_view(self, request, form_url="", extra_context=None):
        name = request.GET.get("format", "")
        if name not in FORMATS:
            return self._choose(request, status=400 if name else 200)
        kind = FORMATS[name]
        if request.method != "POST":
            return self._upload(request, kind, UploadForm(kind))
        form = UploadForm(kind, request.POST, request.FILES, too_large=frozenset(request.too_large))
        if not form.is_valid():
            return self._upload(request, kind, form, status=form.status)
        run = imports.upload(
            user=request.user,
            format_name=name,
            time_zone=form.cleaned_data["time_zone"],
            file=form.cleaned_data["file"],
            companions=form.companions,
            mapping=form.mapping,
        )
        self.log_addition(request, run, _("Uploaded: %s.") % kind.label)
        return _to(run)

    @limited
    @_asked
    def change_view(self, request, object_id, form_url="", extra_context=None):
        run = self._run(request, object_id)
        if run.state != ImportState.PREVIEWED:
            return _to(run) if request.method == "POST" else self._followed(request, run)
        if request.method == "POST":
            return self._changed(request, run)
        return self._previewed(request, run, _kept_form(run))

    def _choose(self, request, status: int) -> HttpResponse:
        formats = [offered(name, kind) for name, kind in FORMATS.items()]
        return self._page(request, "choose", status=status, title=_("Import tickets"), formats=formats)

    def _upload(self, request, kind: Format, form: UploadForm, *, status: int = 200) -> HttpResponse:
        title = _("Import: %s") % kind.label
        shown = {"form": form, "kind": kind, "steps": steps_of(None), "zones": sorted(zone_names())}
        return self._page(request, "upload", status=status, title=title, **shown)

    def _changed(self, request, run: ImportRun) -> HttpResponse:
        """Previews what was typed; starts it only if that is what the preview showed already."""
        _refuse_others(request, run)
        too_large = frozenset(request.too_large)
        form = CompanionsForm(kinds.kind_of(run), request.POST, request.FILES, too_large=too_large)
        if not form.is_valid():
            return self._previewed(request, run, form, status=form.status)
        is_new = imports.change(
            run, time_zone=form.cleaned_data["time_zone"], companions=form.companions, mapping=form.mapping
        )
        how = request.POST.get("do")
        if how in ("import", "dry-run"):
            if not is_new:
                return self._start(request, run, is_dry_run=how == "dry-run")
            if not run.preview["error"]:
                messages.warning(request, NOT_PREVIEWED)
        return _to(run)

    def _previewed(self, request, run: ImportRun, form: CompanionsForm, *, status: int = 200) -> HttpResponse:
        error, is_own = run.preview["error"], run.requested_by == request.user
        shown = {
            "run": run,
            "kind": form.kind,
            "form": form,
            "fields": [{"field": field, "given": _given(run, field.name)} for field in form],
            "steps": steps_of(run),
            "zones": sorted(zone_names()),
            "preview": run.preview,
            "tickets": [
                {**each, "result": FORESEEN.get(each["result"], each["result"])} for each in run.preview["tickets"]
            ],
            "mended": told(run.preview["reasons"], "mended", form.kind.place),
            "refused": told(run.preview["reasons"], "refused", form.kind.place),
            "file_error": error["sentence"] if error and not error["field"] else "",
            "is_own": is_own,
            "may_start": is_own and not error,
        }
        return self._page(request, "preview", status=status, title=_("Import: %s") % run.file_name, **shown)

    def _followed(self, request, run: ImportRun) -> HttpResponse:
        return self._page(
            request,
            "run",
            title=_("Import: %s") % run.file_name,
            run=run,
            kind=FORMATS.get(run.format),
            steps=steps_of(run),
            progress=Progress(run),
        )

    # --- What can be done ---

    def _start(self, request, run: ImportRun, *, is_dry_run: bool) -> HttpResponse:
        if run.preview["error"]:
            messages.error(request, _("This cannot be imported as it is: the preview says why."))
        elif imports.start(run, is_dry_run=is_dry_run):
            self.log_change(request, run, _("Dry run started.") if is_dry_run else _("Import started."))
        return _to(run)

    @method_decorator(require_POST)
    @_asked
    def cancel(self, request, uuid: UUID) -> HttpResponse:
        run = self._run(request, uuid)
        if imports.cancel(run, user=request.user):
            self.log_change(request, run, _("Cancelled."))
        return _to(run)

    @method_decorator(require_POST)
    @_asked
    def again(self, request, uuid: UUID) -> HttpResponse:
        run = imports.again(self._run(request, uuid), user=request.user)
        self.log_addition(request, run, _("Taken up again from an earlier upload."))
        return _to(run)

    @method_decorator(require_safe)
    @_asked
    def progress(self, request, uuid: UUID) -> HttpResponse:
        return JsonResponse(Progress(self._run(request, uuid)).as_json())

    @method_decorator(require_safe)
    @_asked
    def account(self, request, uuid: UUID) -> HttpResponse:
        return imports.open_account(self._run(request, uuid))

    # --- Answers ---

    def refused(self, request, refusal: Refusal) -> HttpResponse:
        return self._page(
            request, "refused", status=refusal.status_code, title=_("This cannot be done"), sentence=refusal.detail
        )

    def too_large(self, request) -> HttpResponse:
        """Answered before the body is read."""
        response = self._page(request, "refused", status=413, title=_("Too large"), sentence=TOO_LARGE)
        response["Connection"] = "close"
        return response

    def _page(self, request, name: str, *, title: str, status: int = 200, **context) -> HttpResponse:
        common = {"opts": self.opts, "title": title, "limit": kinds.LIMITS.bytes, "too_large": TOO_LARGE}
        context = {**self.admin_site.each_context(request), **common, **context}
        return TemplateResponse(request, f"{PAGES}/{name}.html", context, status=status)

    def _run(self, request, run_id: UUID | str) -> ImportRun:
        run = self.get_object(request, str(run_id))
        if run is None:
            raise Http404
        return run


def _to(run: ImportRun) -> HttpResponse:
    return redirect("admin:tickets_importrun_change", run.pk)


def _kept_form(run: ImportRun) -> CompanionsForm:
    """What was typed last, with what is wrong with it at its field."""
    form = CompanionsForm(kinds.kind_of(run), {"time_zone": run.time_zone, kinds.MAPPING: run.mapping})
    error = run.preview["error"]
    if error and error["field"] in form.fields:
        form.add_error(error["field"], error["sentence"])
    return form


def _given(run: ImportRun, name: str) -> str:
    """What a companion that is there already was called."""
    return run.companions.get(name, {}).get("file_name", "")


def _refuse_others(request: HttpRequest, run: ImportRun) -> None:
    """The rights that the worker asks for are those of whoever uploaded the file: nobody starts it for them."""
    if run.requested_by != request.user:
        raise PermissionDenied
