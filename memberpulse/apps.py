from django.apps import AppConfig


class MemberPulseConfig(AppConfig):
    name = "memberpulse"
    verbose_name = "MemberPulse"
