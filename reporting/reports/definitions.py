"""What every figure means, in the words shown beside it: on the page, in the API, in files and in the glossary."""

from typing import NamedTuple

from django.utils.translation import gettext_lazy


class Definition(NamedTuple):
    title: str
    text: str


DEFINITIONS: dict[str, Definition] = {
    "open_tickets": Definition(
        gettext_lazy("Open Tickets"),
        gettext_lazy(
            "Tickets neither resolved nor closed at the end of the period (now, if it ends today). Counted "
            "from the stretches in which each ticket was open, so the same holds for any past moment. Age "
            "is the time since creation on the wall clock."
        ),
    ),
    "first_response_time": Definition(
        gettext_lazy("Avg Response Time"),
        gettext_lazy(
            "From creation to the first public reply by one of us who is not the requester, for first "
            "responses sent in the period. Internal notes, bots and automatic messages are no response. The "
            "mean stands beside the median and the 90th percentile."
        ),
    ),
    "resolution_rate": Definition(
        gettext_lazy("Resolution Rate"),
        gettext_lazy(
            "Resolution targets met ÷ (met + missed), of the targets decided in the period. A target is met "
            "by a resolution within its limit, and missed at the first second beyond it, even while the "
            "ticket is still open."
        ),
    ),
    "first_response_rate": Definition(
        gettext_lazy("First-response rate"),
        gettext_lazy(
            "First-response targets met ÷ (met + missed), of the targets decided in the period. A ticket "
            "resolved without a reply withdraws its undecided target."
        ),
    ),
    "csat": Definition(
        gettext_lazy("CSAT Score"),
        gettext_lazy(
            "Ratings of 4 or 5 ÷ all ratings from 1 to 5 received in the period, with the mean, the count "
            "and the 95 % Wilson interval. A rating counts when it is first given, with its latest score. "
            "The response rate is of the surveys sent in the period, those answered by now. To agents it is "
            "shown for complete past months, without filters but the team, where in each team and month at "
            "least 3 others got at least 5 ratings."
        ),
    ),
    "sla_account": Definition(
        gettext_lazy("SLA account"),
        gettext_lazy(
            "All targets decided in the period, and how the open tickets stand at its end. Missed targets "
            "were fulfilled later or are still open; withdrawn are response targets of tickets resolved "
            "without a reply. Breached, running, paused and no target add up to the open tickets."
        ),
    ),
    "volume": Definition(
        gettext_lazy("Volume over time"),
        gettext_lazy(
            "Tickets created, resolutions made and tickets reopened in each day, ISO week or month, and the "
            "backlog at its end. A resolution is a change from an open status to resolved or closed."
        ),
    ),
    "key_metrics_over_time": Definition(
        gettext_lazy("Key metrics over time"),
        gettext_lazy(
            "The key metrics of each day, ISO week or month by their own definitions. No data is shown as a "
            "gap, not as 0. CSAT is shown to those who may see the figures of single agents."
        ),
    ),
    "changes": Definition(
        gettext_lazy("What changed most"),
        gettext_lazy(
            "Categories by how much the number of tickets created differs between the period and its comparison."
        ),
    ),
    "tickets_by_status": Definition(
        gettext_lazy("Tickets by status"), gettext_lazy("Tickets created in the period, by the status they have now.")
    ),
    "tickets_by_category": Definition(
        gettext_lazy("Tickets by category"),
        gettext_lazy(
            "Tickets created in the period, by the category they have now, largest first. Those without one "
            "have a row of their own."
        ),
    ),
    "response_time": Definition(
        gettext_lazy("Response time"),
        gettext_lazy(
            "Mean, median and percentiles of the first responses sent in the period. Within their target: "
            "of the responses that ended a target, those in time; this is not the first-response rate."
        ),
    ),
    "response_time_distribution": Definition(
        gettext_lazy("Response time distribution"),
        gettext_lazy(
            "First responses sent in the period by their time since creation. Each bucket has its lower "
            "edge and not its upper one."
        ),
    ),
    "resolution_time": Definition(
        gettext_lazy("Resolution time"),
        gettext_lazy(
            "From creation to each resolution made in the period. On service hours, closed time and the "
            "time we wait for the customer after our first reply do not count. Within their target: of the "
            "resolutions that ended a target, those in time; this is not the resolution rate."
        ),
    ),
    "resolution_time_distribution": Definition(
        gettext_lazy("Resolution time distribution"),
        gettext_lazy(
            "Resolutions made in the period by their time since creation. Each bucket has its lower edge "
            "and not its upper one."
        ),
    ),
    "agents": Definition(
        gettext_lazy("Agent report"),
        gettext_lazy(
            "Everybody credited with anything in the period, present members with zeros, one row for what "
            "nobody is credited with, and the total. Assigned: tickets created in the period and theirs "
            "now. A response is its author's, a resolution and its rating are those of who resolved, a "
            "missed target is the assignee's at that moment."
        ),
    ),
    "category_trends": Definition(
        gettext_lazy("Category trends"),
        gettext_lazy(
            "Tickets created in the period in the eight largest categories and all others, by the category "
            "they have now."
        ),
    ),
    "hours_of_week": Definition(
        gettext_lazy("Tickets created per hour"),
        gettext_lazy(
            "Tickets created ÷ the real hours of that weekday and hour that went by in the period. On "
            "change-over days an hour exists twice or not at all."
        ),
    ),
    "weekday_index": Definition(
        gettext_lazy("Weekday index"),
        gettext_lazy(
            "Mean number of tickets created per full day of each weekday ÷ the mean over the weekdays. 1.0 "
            "is an average day."
        ),
    ),
    "month_index": Definition(
        gettext_lazy("Month-of-year index"),
        gettext_lazy(
            "Mean number of tickets created per day of each month ÷ the mean over the months, over full "
            "months. It needs 12 of them."
        ),
    ),
}
