"""Looks for paper: the light halves of the tokens in portal.css (a test holds the two together)."""

from dataclasses import dataclass

COLOURS = {
    "surface": "#ffffff",
    "sunken": "#eef0f4",
    "line": "#e1e5eb",
    "line-strong": "#8a94a4",
    "ink": "#17202c",
    "ink-2": "#4c5768",
    "ink-3": "#5d6878",
    "s1": "#1f6fc0",
    "s1-soft": "#dbe9f8",
    "s2": "#00806a",
    "cmp": "#747f90",
    "grid": "#e8ebf0",
    "weekend": "#f6f7f9",
    "mark": "#17202c",
    "target": "#ad3a06",
    "st-new": "#0b3f77",
    "st-open": "#2f7fd0",
    "st-pending": "#e0a030",
    "st-hold": "#9a5b8f",
    "st-resolved": "#2a9d83",
    "st-closed": "#b3bcc9",
    "h0": "#ffffff",
    "h1": "#edf4fb",
    "h2": "#d6e6f6",
    "h3": "#b3d1ee",
    "h4": "#86b6e3",
    "h5": "#2f77bd",
    "h6": "#124f8f",
    "h-ink-hi": "#ffffff",
}


@dataclass(frozen=True)
class Look:
    """``fill`` and ``stroke`` are keys of COLOURS; ``width`` and ``dash`` in px."""

    fill: str | None = None
    stroke: str | None = None
    width: float = 1
    dash: tuple[float, ...] | None = None


LOOKS = {
    "s1": Look(stroke="s1", width=2),
    "s2": Look(stroke="s2", width=2),
    "scmp": Look(stroke="cmp", width=1.5, dash=(5, 4)),
    "s1 part": Look(stroke="s1", width=2, dash=(1.5, 3)),
    "s2 part": Look(stroke="s2", width=2, dash=(1.5, 3)),
    "a1": Look(fill="s1-soft"),
    "dot1": Look(fill="s1", stroke="surface", width=2),
    "dot2": Look(fill="s2", stroke="surface", width=2),
    "dotcmp": Look(fill="cmp", stroke="surface", width=2),
    "hollow": Look(fill="surface", stroke="s1", width=2),
    "b1": Look(fill="s1"),
    "b2": Look(fill="s2"),
    "bover": Look(fill="cmp"),
    "bbad": Look(fill="target"),
    "track": Look(fill="sunken"),
    "void": Look(fill="sunken"),
    "gap": Look(stroke="surface", width=1.5),
    "grid-line": Look(stroke="grid"),
    "base": Look(stroke="line-strong"),
    "weekend": Look(fill="weekend"),
    "hatch-ground": Look(fill="sunken"),
    "hatch-line": Look(stroke="st-closed", width=1),
    "mark": Look(stroke="mark", width=1.5),
    "mark p90": Look(stroke="mark", width=1.5, dash=(2, 3)),
    "targetline": Look(stroke="target", width=1.5, dash=(7, 3)),
    "sp-new": Look(fill="st-new"),
    "sp-open": Look(fill="st-open"),
    "sp-pending": Look(fill="st-pending"),
    "sp-hold": Look(fill="st-hold"),
    "sp-resolved": Look(fill="st-resolved"),
    "sp-closed": Look(fill="st-closed"),
    "sp-good": Look(fill="st-resolved"),
    "sp-warn": Look(fill="st-pending"),
    "sp-bad": Look(fill="target"),
    "sp-none": Look(fill="st-closed"),
    **{f"cell h{level}": Look(fill=f"h{level}", stroke="surface") for level in range(7)},
    "cell none": Look(fill="sunken", stroke="surface"),
}

# The first word of a label's css that is known here gives its colour.
INKS = {"strong": "ink", "target": "target", "on-heat": "h-ink-hi", "in-heat": "ink"}
BOLD_LABELS = frozenset({"strong", "target"})
