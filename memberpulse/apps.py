from django.apps import AppConfig


class MemberPulseConfig(AppConfig):
    name = "memberpulse"
    verbose_name = "MemberPulse"

    def ready(self) -> None:
        # Registers how sign-in by token is described.
        import memberpulse.openapi  # noqa: F401
