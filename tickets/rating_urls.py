"""The address that requesters get by mail. It needs no account."""

from django.urls import path

from tickets.views.rating import rating_page

app_name = "rating"

urlpatterns = [path("rate/<str:token>", rating_page, name="page")]
