"""The portal's pages."""

app_name = "reporting"

urlpatterns = []
