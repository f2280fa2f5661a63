"""The lines of a small desk in a file of our own format."""

from tests.tickets.importers.jsonl.desks import FROM

HEADER = {"type": "memberpulse-tickets", "version": 1, "desk": FROM, "exported_at": "2026-11-18T14:30:00Z"}
TEAM = {"type": "team", "number": 1, "name": "Billing", "policy": None}
POLICY = {"closes_after_days": None, "sends_surveys": False, "survey_delay_minutes": 0}
PERSON = {
    "type": "person", "number": 1, "email": "agent@example.org", "name": "Agent", "time_zone": "UTC", "is_bot": False,
    "is_active": True, "teams": [{"team": "Billing", "role": "agent"}],
}  # fmt: skip
CALENDAR = {
    "type": "calendar", "team": "Billing", "valid_from": "2020-01-01T00:00:00Z", "time_zone": "UTC",
    "week": [[], [], [], [], [], [], []], "holidays": [], "country": "", "region": "", "holiday_names": {},
    "own_days": {}, "left_out": [],
}  # fmt: skip
TARGET = {
    "type": "sla_target", "metric": "resolution", "priority": None, "team": None, "category": None, "clock": "wall",
    "seconds": 60, "valid_from": "2020-01-01T00:00:00Z",
}  # fmt: skip
REQUESTER = {
    "type": "requester", "number": 1, "source": FROM, "external_id": "1", "name": "Max", "email": "",
    "organization": None, "person": None,
}  # fmt: skip
CREATED = {
    "at": "2026-10-23T09:00:00Z", "kind": "created", "writer": "requester", "team": "Billing", "assignee": None,
    "priority": "normal", "category": None, "channel": "email", "organization": None, "status": "new", "tags": [],
}  # fmt: skip
TICKET = {
    "type": "ticket", "number": 5, "source": FROM, "external_id": "5", "digest": "", "updated_at": None,
    "is_worked_on_here": False, "subject": "Printer on fire", "requester": 1, "follow_up_of": None, "lines": 1,
    "events": [CREATED],
}  # fmt: skip
OTHER = {**TICKET, "number": 6, "external_id": "6", "requester": None}
END = {"type": "end"}
WHOLE = [HEADER, TEAM, PERSON, CALENDAR, TARGET, REQUESTER, TICKET, OTHER, END]
NAMES = ["header", "team", "person", "calendar", "target", "requester", "ticket", "other", "end"]
LINE = {name: number for number, name in enumerate(NAMES, start=1)}
