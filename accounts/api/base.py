"""What all views of the API share."""

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.scope import scope_for
from memberpulse.access import SIGNED_IN, Access
from memberpulse.errors import CapabilityMissing


class GuardedView(APIView):
    """For whoever holds the capability ``access`` on anything at all, or for everybody ``signed_in``."""

    access: Access

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if self.access != SIGNED_IN and scope_for(request.user, self.access).is_empty:
            raise CapabilityMissing(self.access)
