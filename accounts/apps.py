from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        import accounts.receivers  # noqa: F401


class DeskAdminConfig(AdminConfig):
    default_site = "accounts.admin_site.DeskAdminSite"
