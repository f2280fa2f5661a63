"""The forms by which a file is handed over to be imported, and its mapping mended."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import default_time_zone, validate_time_zone
from memberpulse.formats import lazy_number
from tickets.importers.base import Companion, Format
from tickets.services.imports.kinds import LIMITS, MAPPING

MAPPING_FILE = "mapping_file"
MAPPING_LIMIT = 200_000
# To begin with, where nobody has a mapping yet.
SKELETON = """\
# The file's own names stand at the right.
source = "my-desk"
moments = ["%Y-%m-%d %H:%M:%S", "iso"]

[fields]
id = "Ticket ID"
subject = "Subject"
created_at = "Created"
"""
_MEGABYTES = f"{LIMITS.bytes / 1_000_000:g}"
TOO_LARGE = format_lazy(gettext_lazy("This file has more than {size} MB. Import it in parts."), size=_MEGABYTES)


class CompanionsForm(forms.Form):
    """What goes with a file of ``kind``: the zone of its times, and the companions its format knows.

    ``too_large`` names the fields whose files were left out for their size.
    """

    time_zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=64,
        initial=default_time_zone,
        validators=[validate_time_zone],
        # The page offers the names as they are typed; what is typed is what is checked.
        widget=forms.TextInput(attrs={"list": "zones", "class": "vTextField", "spellcheck": "false"}),
        help_text=gettext_lazy("Of times that name none, such as Europe/Berlin."),
    )

    def __init__(self, kind: Format, *args, too_large: frozenset[str] = frozenset(), **kwargs):
        super().__init__(*args, **kwargs)
        self.kind, self.too_large = kind, too_large
        for companion in kind.companions:
            if companion.name == MAPPING:
                self._add_mapping()
            else:
                self.fields[companion.name] = _companion_field(companion)
        for name in too_large & self.fields.keys():
            self.fields[name].required = False

    def _add_mapping(self) -> None:
        self.fields[MAPPING] = forms.CharField(
            label=_("Mapping"),
            required=False,
            max_length=MAPPING_LIMIT,
            strip=False,
            initial=SKELETON,
            widget=forms.Textarea(attrs={"rows": 16, "class": "vLargeTextField mapping", "spellcheck": "false"}),
            help_text=_("Which column is what, in TOML."),
        )
        self.fields[MAPPING_FILE] = forms.FileField(
            label=_("Mapping from a file"),
            required=False,
            widget=forms.FileInput(attrs={"accept": ".toml,text/plain"}),
            help_text=_("Takes the place of the text above."),
        )

    def clean_mapping(self) -> str:
        return _with_plain_breaks(self.cleaned_data[MAPPING])

    def clean_mapping_file(self) -> str:
        """Its text."""
        uploaded = self.cleaned_data[MAPPING_FILE]
        if not uploaded:
            return ""
        if uploaded.size > MAPPING_LIMIT:
            raise forms.ValidationError(
                _("A mapping has at most %(limit)s characters.") % {"limit": lazy_number(MAPPING_LIMIT)}
            )
        try:
            text = uploaded.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(_("This is no UTF-8 text.")) from None
        if "\0" in text:
            raise forms.ValidationError(_("This is no text: it has NUL characters."))
        return _with_plain_breaks(text)

    def clean(self) -> dict[str, Any]:
        for name in self.too_large & self.fields.keys():
            self.add_error(name, TOO_LARGE)
        return self.cleaned_data

    @property
    def status(self) -> int:
        """Of the answer that shows the form again."""
        if self.is_valid():
            return 200
        return 413 if self.too_large else 400

    @property
    def mapping(self) -> str:
        return self.cleaned_data.get(MAPPING_FILE) or self.cleaned_data.get(MAPPING, "")

    @property
    def companions(self) -> dict[str, UploadedFile]:
        """The files that were uploaded, by the names the format gives them."""
        names = [each.name for each in self.kind.companions if each.name != MAPPING]
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name)}


def _companion_field(companion: Companion) -> forms.FileField:
    """Never required: what is missing is told by the preview, as it may be uploaded there."""
    told = companion.label if companion.is_needed else _("%s, if you have it") % companion.label
    return forms.FileField(
        label=companion.name.replace("_", " ").capitalize(),
        required=False,
        widget=forms.FileInput,
        help_text=f"{told[:1].upper()}{told[1:]}.",
    )


def _with_plain_breaks(text: str) -> str:
    """Browsers send other line breaks than files have."""
    return text.replace("\r\n", "\n")


class UploadForm(CompanionsForm):
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.FileInput,
        help_text=format_lazy(
            gettext_lazy("At most {size} MB and {rows} rows, as it is or packed by gzip."),
            size=_MEGABYTES,
            rows=lazy_number(LIMITS.rows),
        ),
        error_messages={"empty": gettext_lazy("This file is empty.")},
    )

    field_order = ["file", "time_zone"]
