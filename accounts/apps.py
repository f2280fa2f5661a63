from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = gettext_lazy("People and roles")

    def ready(self) -> None:
        import accounts.receivers  # noqa: F401


class DeskAdminConfig(AdminConfig):
    default_site = "accounts.admin_site.DeskAdminSite"
