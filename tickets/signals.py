"""What other rooms are told of tickets."""

from django.dispatch import Signal

# Sent inside the transaction that wrote, with ``changes``: a list of ``tickets.services.gate.Change``.
tickets_changed = Signal()
