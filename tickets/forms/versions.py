"""What forms of calendars and SLA targets have in common: the moment from which a version holds."""

from datetime import datetime, timedelta

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.utils import timezone

# Long enough for a form to be sent after its minute was chosen.
_TOLERANCE = timedelta(minutes=1)
AHEAD_YEARS = 5


class VersionForm(forms.ModelForm):
    """Says at the field why a version cannot be put in force."""

    valid_from = forms.SplitDateTimeField(required=False, widget=AdminSplitDateTime, label="Valid from")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        zone = timezone.get_current_timezone_name()
        self.fields["valid_from"].help_text = (
            f"Empty: from now on. Or a moment at most {AHEAD_YEARS} years ahead, in {zone}; "
            "until it has come, the version can be changed or taken back."
        )

    def clean_valid_from(self) -> datetime:
        now = timezone.now()
        valid_from = self.cleaned_data["valid_from"] or now
        if valid_from < now - _TOLERANCE:
            raise forms.ValidationError("A new version holds from now or later: past figures would change.")
        if valid_from > now + timedelta(days=366 * AHEAD_YEARS):
            raise forms.ValidationError(f"That is more than {AHEAD_YEARS} years ahead.")
        return max(valid_from, now)
