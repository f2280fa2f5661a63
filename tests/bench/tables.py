"""What was measured, as a page of tables."""

import statistics

_RATIOS = ("usual / sql", "usual / sql, same", "usual / columns")
NAMES = {"summary": "Overview", "performance": "Performance", "agents": "Agents", "trends": "Trends"}


def page(found: dict, sizes: list[dict], *, runs: int) -> str:
    """Of one desk; ``sizes``: what was measured of any, to tell how figures grow."""
    over_http = (_web(found), _pages(found))
    return "\n\n".join((_desk(found), _engines(found, runs), _reports(found), *over_http, _costs(found), growth(sizes)))


def _desk(found: dict) -> str:
    about = found["about"]
    return (
        "# Benchmark\n\n"
        f"{found['tickets']:,} tickets, {about['rows']:,} counted rows, 12 of 36 months, everything in scope, "
        f"the comparison included. {about['date']}, {about['cores']} cores of {about['cpu']}, "
        f"{about['database']}, Python {about['python']}, Django {about['django']}, numpy {about['numpy']}. "
        f"Made by `make bench TICKETS={found['tickets']}`; all times are medians in ms."
    )


def _engines(found: dict, runs: int) -> str:
    text = (
        "*Usual* is one ORM query for each widget on tickets and events, with percentiles from fetched values "
        "(`tests/bench/naive.py`); it answers less than the reports do. *sql* and *columns* answer all that the "
        "report asks, in one snapshot, the catching up included; *sql, same* only what the usual way says too. "
        f"*Bound* is the time to read the columns needed once at {found['memory_bytes_per_second'] / 1e9:.1f} GB/s. "
        f"{runs} runs in turn after one that warms up."
    )
    head = ("report", "questions", "usual", "sql", "sql, same", "columns", "slowest", "bound", *_RATIOS)
    table = _table(head, [_engine_row(key, times) for key, times in found["engine"].items()])
    return "\n\n".join(("## Engines", text, table, _agreement(found["differing"])))


def _reports(found: dict) -> str:
    rows = [(NAMES[key], _ms(times["sql_ms"]), _ms(times["columns_ms"])) for key, times in found["report"].items()]
    return "## Whole reports\n\n" + _table(("report", "sql", "columns"), rows)


def _web(found: dict) -> str:
    columns = found["http"]["columns"]
    text = (
        "gunicorn as shipped (2 processes of 4 threads), one client that keeps its connection, then 8 at once for a "
        "while; answers a second are per core. Engine: columns."
    )
    rows = [
        (
            NAMES[key],
            _ms(statistics.median(times)),
            _ms(times[int(len(times) * 0.95)]),
            f"{columns['answers_per_second'][key] / columns['cores']:.1f}",
        )
        for key, times in columns["alone"].items()
    ]
    head = ("report", "median", "p95", "8 clients, answers/s per core")
    return "\n\n".join(("## Over HTTP", text, _table(head, rows)))


def _pages(found: dict) -> str:
    text = (
        "The portal's pages for who sees everything, the last 30 days; with tickets: the list of the open ones beside "
        "it. What travels is compressed; a first visit includes styles and scripts. Drawn: the largest piece, in "
        "Chromium, on a first visit."
    )
    rows = [
        (
            NAMES[key],
            *(
                _ms(times[int(len(times) * part)])
                for part in (0.5, 0.95)
                for times in (one["first_byte_ms"], one["with_list_ms"])
            ),
            f"{one['html_bytes'] / 1000:.1f}",
            f"{one['first_visit_bytes'] / 1000:.1f}",
            _ms(statistics.median(one["painted_ms"])) if one["painted_ms"] else "no browser",
        )
        for key, one in found["http"]["columns"]["pages"].items()
    ]
    head = ("page", "first byte", "with tickets", "p95", "with tickets", "page, kB", "first visit, kB", "drawn, ms")
    return "\n\n".join(("## Pages", text, _table(head, rows)))


def _costs(found: dict) -> str:
    built, base, write = found["about"]["built_seconds"], found["base"], found["write"]
    rows = [
        ("building the desk", "unknown" if built is None else f"{built:.0f} s"),
        ("a base made anew from the database", f"{base['seconds']:.0f} s"),
        ("base, bytes a ticket", f"{base['bytes_per_ticket']:.0f}"),
        *(
            (f"catching up with {int(count):,} changed tickets", f"{_ms(time)} ms")
            for count, time in found["catch_up"].items()
        ),
        *(
            (f"writing {name}", f"{_ms(times['with_ledger_ms'])} ms, {_ms(times['ledger_ms'])} of them the ledger's")
            for name, times in write.items()
        ),
        *(
            (f"web process {place}", f"{worker['rss_mb']:.0f} MB, of them {worker['private_mb']:.0f} its own")
            for place, worker in enumerate(found["http"]["columns"]["workers"], start=1)
        ),
    ]
    return "## What it costs\n\n" + _table(("what", "figure"), rows)


def growth(sizes: list[dict]) -> str:
    """The engine's own times and what it holds, by the size of the desk."""
    head = ("tickets", *(f"{NAMES[key]}, ms" for key in NAMES), "base, MB", "made anew, s", "idle catching up, ms")
    rows = [_size_row(found) for found in sorted(sizes, key=lambda found: found["tickets"])]
    return "## Growth\n\n" + _table((*head, "largest web process, MB", "of them its own"), rows)


def _size_row(found: dict) -> tuple[str, ...]:
    largest = max(found["http"]["columns"]["workers"], key=lambda worker: worker["rss_mb"])
    return (
        f"{found['tickets']:,}",
        *(_ms(found["engine"][key]["columns_ms"]) for key in NAMES if key in found["engine"]),
        f"{found['base']['bytes'] / 1e6:,.0f}",
        f"{found['base']['seconds']:.0f}",
        _ms(found["catch_up"]["0"]),
        f"{largest['rss_mb']:,.0f}",
        f"{largest['private_mb']:,.0f}",
    )


def _engine_row(key: str, times: dict) -> tuple[str, ...]:
    return (
        NAMES[key],
        str(times["questions"]),
        *(_ms(times[name]) for name in ("naive_ms", "sql_ms", "sql_same_ms", "columns_ms", "p95_ms", "bound_ms")),
        f"{times['naive_ms'] / times['sql_ms']:.1f}x",
        f"{times['naive_ms'] / times['sql_same_ms']:.1f}x",
        f"{times['naive_ms'] / times['columns_ms']:.0f}x",
    )


def _agreement(differing: dict[str, list[str]]) -> str:
    found = [f"{NAMES[key]}: {', '.join(names)}" for key, names in differing.items() if names]
    if found:
        return f"They differ in {'; '.join(found)}."
    return "Both engines agree in every cell, and with the usual way wherever it says something."


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" if place == 0 else "--:" for place in range(len(head))), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _ms(time: float) -> str:
    return f"{time:,.0f}" if time >= 100 else f"{time:.1f}" if time >= 10 else f"{time:.2f}"
