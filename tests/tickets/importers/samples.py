"""The made-up exports of six tickets that lie beside the public data, and what the reports' API makes of them."""

from pathlib import Path
from typing import Any

from django.test import Client

from tests.factories import UserFactory
from tests.real_data import path_of


def sample_path(name: str) -> Path:
    """``freshdesk_export.csv``, for one."""
    return path_of(f"samples/synthetic_{name}")


def figures(client: Client, zone: str) -> dict[str, Any]:
    """The key figures of March 2024 on the wall clock, times in seconds."""
    client.force_login(UserFactory(is_superuser=True))
    period = {"from": "2024-03-01", "to": "2024-03-31", "timezone": zone, "clock": "wall", "compare": "none"}
    summary, performance = (
        client.get(f"/api/tickets/reports/{report}", period).json() for report in ("summary", "performance")
    )
    metrics, volume = summary["metrics"], _section(summary, "volume")["total"]
    (resolutions,) = _section(performance, "resolution_time")["rows"]
    return {
        **{name: volume[name] for name in ("created", "resolved", "reopened", "backlog")},
        "responses": _times(metrics["first_response_time"]),
        "resolutions": _times(resolutions),
        "verdicts": (metrics["resolution_rate"]["met"], metrics["resolution_rate"]["missed"]),
        "csat": (metrics["csat"]["value"], metrics["csat"]["mean"]),
    }


def _section(report: dict[str, Any], key: str) -> dict[str, Any]:
    return next(section for section in report["sections"] if section["key"] == key)


def _times(row: dict[str, Any]) -> tuple[int, float, float]:
    return row["count"], row["mean_seconds"], row["median_seconds"]
