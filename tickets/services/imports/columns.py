"""What becomes of the columns of formats that need no mapping, for the preview."""

FIELDS: dict[str, dict[str, str]] = {
    "servicenow": {
        "number": "number",
        "incident_state": "status, row by row",
        "made_sla": "whether the resolution met its target",
        "caller_id": "requester",
        "opened_at": "created",
        "sys_updated_at": "since when a row holds",
        "contact_type": "channel",
        "category": "category, subject",
        "subcategory": "subject",
        "u_symptom": "subject, where there is no category",
        "priority": "priority",
        "assignment_group": "team",
        "assigned_to": "agent; the first one is the first response",
        "resolved_at": "resolved",
        "closed_at": "closed",
    },
}
