"""What the demo desk's requesters write about."""

from typing import NamedTuple


class Topic(NamedTuple):
    """A category with the share of tickets that each team takes of it, and the subjects people write.

    ``drift`` is its share of all tickets at the end of the demo's time against that at the beginning.
    """

    category: str | None
    teams: dict[str, float]
    drift: float
    tags: tuple[str, ...]
    subjects: tuple[str, ...]


# Largest first: a topic's place gives its share. The last one holds what nobody has sorted yet.
TOPICS = (
    Topic(
        "Billing",
        {"Billing": 0.93, "Partner Desk": 0.07},
        1.25,
        ("invoice", "refund", "vat"),
        (
            "Invoice shows the wrong VAT number",
            "Refund for {month}",
            "Card declined twice, booked once",
            "Credit note is missing the cost centre",
            "Seats not reduced after downgrade",
            "Invoice in the wrong language",
            "Refund sent to a closed account",
            "Charged for {number} seats, we have fewer",
            "Purchase order {number} is not on the invoice",
            "Direct debit returned by the bank",
            "Invoice for {month} never arrived",
            "Yearly plan renewed although cancelled",
            "Please split the invoice between two companies",
            "Payment by bank transfer not matched",
        ),
    ),
    Topic(
        "Login & access",
        {"Customer Care": 0.62, "Technical Support": 0.38},
        0.9,
        ("sso", "password", "two-factor"),
        (
            "SSO loop after password reset",
            "Reset e-mail does not arrive",
            "Locked out after a new phone",
            "Two-factor code is always wrong",
            "Cannot sign in from {place}",
            "Signed out every few minutes",
            "Invitation link has expired",
            "Former colleague still has access",
            "Sign-in page stays blank in {browser}",
            "Administrator left, nobody can get in",
            "SAML certificate expires in {month}",
            "Access denied after the move to {tool}",
        ),
    ),
    Topic(
        "Account changes",
        {"Customer Care": 0.85, "Partner Desk": 0.15},
        1.0,
        ("seats", "contract"),
        (
            "Cannot add a second seat",
            "Two accounts for one member",
            "Cannot delete an old workspace",
            "Change of company name",
            "Move our workspace to another owner",
            "Merge two workspaces into one",
            "Please close account {number}",
            "New billing contact from {month}",
            "Upgrade in the middle of the month",
            "Remove a member who is on leave",
            "Change the address of our office in {place}",
        ),
    ),
    Topic(
        "Bugs",
        {"Technical Support": 0.9, "Incident Response": 0.1},
        0.85,
        ("bug", "regression"),
        (
            "Dashboard shows last week's numbers",
            "Filter forgets the second team",
            "Dates are one day off in {place}",
            "Page freezes with {number} members",
            "Search finds nothing after an umlaut",
            "Print view cuts the last column",
            "Totals differ between page and file",
            "Button “Save” does nothing in {browser}",
            "Notification sent {number} times",
            "Comment disappears after editing",
            "Chart is empty on the first of the month",
        ),
    ),
    Topic(
        "Integrations",
        {"Technical Support": 0.8, "Partner Desk": 0.2},
        1.4,
        ("api", "webhook"),
        (
            "Webhook signature does not match",
            "Webhook retries stop after 3",
            "API returns 409 on every retry",
            "Calendar sync doubles events",
            "{tool} connection asks for consent again",
            "Rate limit reached with {number} calls",
            "Field mapping lost after the update",
            "Members from {tool} arrive without a group",
            "Sandbox and live key mixed up",
            "Event names changed without notice",
        ),
    ),
    Topic(
        "Data export",
        {"Technical Support": 0.55, "Customer Care": 0.45},
        0.8,
        ("export", "gdpr"),
        (
            "Export stops at 10,000 rows",
            "CSV opens in one column",
            "All data of one member, please",
            "Scheduled export did not run on Monday",
            "Export of {month} is empty",
            "Umlauts broken in the spreadsheet",
            "How do we get a full backup?",
            "Download link has expired",
        ),
    ),
    Topic(
        "Onboarding",
        {"Onboarding": 1.0},
        1.1,
        ("trial", "training"),
        (
            "Kick-off for our office in {place}",
            "Import of {number} members from {tool}",
            "Trial ends before we are ready",
            "Which roles do our trainers need?",
            "Data migration: dates in the wrong order",
            "Training for the new team in {month}",
            "Welcome e-mail went to everybody twice",
            "Extend the trial until {month}",
        ),
    ),
    Topic(
        "How-to",
        {"Customer Care": 0.8, "Onboarding": 0.2},
        1.0,
        ("question",),
        (
            "How do I change the week's first day?",
            "Where do I see who cancelled?",
            "Can two people share a view?",
            "Hide a report from trainees",
            "Colours for our own brand",
            "Remind members before they expire",
            "What does “churn” count here?",
            "Use the portal in {browser}",
        ),
    ),
    Topic(
        "Mobile app",
        {"Technical Support": 0.7, "Customer Care": 0.3},
        1.9,
        ("ios", "android"),
        (
            "App closes when opening a photo",
            "No push messages since the update",
            "App asks to sign in every morning",
            "Scanner does not read our cards",
            "Offline list is {number} days old",
            "Dark mode hides the buttons",
            "Cannot install on a tablet",
        ),
    ),
    Topic(
        "Outages",
        {"Incident Response": 1.0},
        1.0,
        ("incident", "slow"),
        (
            "Portal very slow since this morning",
            "Error 503 from {place}",
            "Check-in at the door does not answer",
            "Imports stuck in the queue",
            "Nothing loads in {browser}",
            "Payments time out",
        ),
    ),
    Topic(
        "Partner programme",
        {"Partner Desk": 1.0},
        1.2,
        ("partner",),
        (
            "Commission for {month} is missing",
            "New reseller in {place}",
            "Co-branding on the sign-in page",
            "Price list for {number} seats",
            "Partner portal shows the wrong tier",
        ),
    ),
    Topic(
        None,
        {"Customer Care": 1.0},
        1.0,
        (),
        ("Question", "Need help", "Urgent, please call", "(no subject)", "Your message of {month}", "Fwd: problem"),
    ),
)

# The one that the outage fills.
OUTAGE_CATEGORY = "Login & access"

SPAM_SUBJECTS = (
    "You have won",
    "Rank first within a week",
    "Cheap watches, today only",
    "Your parcel is waiting for a fee",
)

SLOTS = {
    "month": "January February March April May June July August September October November December".split(),
    "place": "Hamburg Lisbon Toronto Nairobi Warsaw Chicago Lyon Istanbul Oslo Manchester".split(),
    "browser": "Firefox Safari Chrome Edge".split(),
    "tool": "Salesforce HubSpot Slack Teams Okta Zapier Excel".split(),
    "number": "12 25 40 60 120 250 800 1500".split(),
}
