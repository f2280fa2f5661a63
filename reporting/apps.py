from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "reporting"

    def ready(self) -> None:
        from reporting import ledger
        from tickets.signals import tickets_changed

        tickets_changed.connect(ledger.on_tickets_changed, dispatch_uid="reporting.ledger")
