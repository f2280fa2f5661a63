"""People, teams and roles in the admin, a page in each file."""

from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin import people, teams, tokens

__all__ = ["people", "teams", "tokens"]

# Groups follow from the matrix and from who holds which role: there is nothing to be changed by hand.
admin.site.unregister(Group)
