"""What is brought up to date before a start."""

import json

from memberpulse.management.commands.prepare import collect_static


def test_static_files_get_names_with_hashes(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path

    collect_static()

    paths = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    assert paths["admin/css/base.css"] != "admin/css/base.css"
    assert (tmp_path / paths["admin/css/base.css"]).exists()
