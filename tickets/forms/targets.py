"""The form of an SLA target."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.forms.durations import DurationField
from tickets.forms.versions import VersionForm
from tickets.models import SlaTarget


class SlaTargetForm(VersionForm):
    limit = DurationField(
        label=gettext_lazy("Limit"),
        required=False,
        help_text=gettext_lazy(
            "Such as 2 h, 1 d 4 h, 30 min, or a number of seconds. A day is 24 hours of the clock chosen: "
            "for working days, write their hours. Empty: from then on nothing is promised."
        ),
    )

    class Meta:
        model = SlaTarget
        fields = ["metric", "priority", "team", "category", "clock"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("limit", self.instance.seconds)
        # Not there on a page that only shows the target.
        for name in {"priority", "team", "category"} & self.fields.keys():
            self.fields[name].help_text = _("Empty: any.")

    def clean(self) -> None:
        super().clean()
        self.instance.seconds = self.cleaned_data.get("limit")
