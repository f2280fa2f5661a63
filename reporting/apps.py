from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class ReportingConfig(AppConfig):
    name = "reporting"
    verbose_name = gettext_lazy("Reporting")

    def ready(self) -> None:
        from django.db.models.signals import post_delete

        from reporting import ledger
        from tickets.models import Ticket
        from tickets.signals import tickets_changed

        tickets_changed.connect(ledger.on_tickets_changed, dispatch_uid="reporting.ledger")
        post_delete.connect(ledger.on_ticket_deleted, sender=Ticket, dispatch_uid="reporting.ledger")
