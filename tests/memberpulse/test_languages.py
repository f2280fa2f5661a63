"""The language files: whole, and as the code has them."""

import gettext
import os
import re
import shutil

import pytest
from django.core.management import call_command

from memberpulse import errors
from tests.languages import CATALOGUE, messages_of


def test_every_text_is_translated():
    open_texts = [message.key for message in messages_of(CATALOGUE) if not all(message.translations)]
    unsure = [message.key for message in messages_of(CATALOGUE) if "fuzzy" in message.flags]
    assert (open_texts, unsure) == ([], [])


def test_what_stands_for_values_is_the_same_in_both():
    def names(text: str) -> list[str]:
        return sorted(re.findall(r"%\(\w+\)[sd]|%[sd]|\{\w*\}", text))

    different = [
        message.key
        for message in messages_of(CATALOGUE)
        for text in message.translations
        if names(text) != names(message.key[2] or message.key[1])
    ]
    assert different == []


def test_markup_is_the_same_in_both():
    def tags(text: str) -> list[str]:
        return sorted(re.findall(r"</?\w+", text))

    different = [m.key for m in messages_of(CATALOGUE) for text in m.translations if tags(text) != tags(m.key[1])]
    assert different == []


def test_the_compiled_file_says_what_its_source_says():
    compiled = gettext.GNUTranslations(CATALOGUE.with_suffix(".mo").open("rb"))
    for message in messages_of(CATALOGUE):
        context, one, many = message.key
        if many:
            said = [compiled.ngettext(one, many, number) for number in (1, 2)]
        elif context:
            said = [compiled.pgettext(context, one)]
        else:
            said = [compiled.gettext(one)]
        assert said == message.translations


def test_the_files_know_all_texts_of_the_code(tmp_path, settings, monkeypatch):
    if not shutil.which("xgettext"):
        refuse = pytest.fail if os.environ.get("REQUIRE_SERVICES") == "1" else pytest.skip
        refuse("The texts of the code are found by xgettext: install gettext.")
    fresh = tmp_path / "de" / "LC_MESSAGES" / "django.po"
    fresh.parent.mkdir(parents=True)
    settings.LOCALE_PATHS = [tmp_path]
    monkeypatch.chdir(settings.BASE_DIR)
    ignored = ["memberpulse/locale", ".venv", "var", "tests"]
    call_command("makemessages", locale=["de"], ignore_patterns=ignored, verbosity=0)

    assert {m.key for m in messages_of(fresh)} == {m.key for m in messages_of(CATALOGUE)}


def test_every_code_of_a_refusal_has_a_title():
    def kinds(kind: type) -> list[type]:
        return [kind, *(each for below in kind.__subclasses__() for each in kinds(below))]

    known = {message.key[1] for message in messages_of(CATALOGUE)}
    titles = {kind.default_code.replace("-", " ").capitalize() for kind in kinds(errors.Refusal)}
    assert titles - known == set()
