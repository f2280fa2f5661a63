"""Catalogues of texts, read and made without gettext's tools: what tests compare the language files with."""

import ast
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

CATALOGUE = settings.LOCALE_PATHS[0] / "de" / "LC_MESSAGES" / "django.po"
_LINE = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) (".*")$')


@dataclass
class Message:
    """One text: ``flags`` such as fuzzy, ``texts`` what the file says of it by keyword."""

    flags: str = ""
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """Its context, itself, and its plural, "" where it has none."""
        return self.texts.get("msgctxt", ""), self.texts["msgid"], self.texts.get("msgid_plural", "")

    @property
    def translations(self) -> list[str]:
        return [text for keyword, text in self.texts.items() if keyword.startswith("msgstr")]


def messages_of(catalogue: Path) -> list[Message]:
    """All texts of a .po file, without its head."""
    found = [_message(block) for block in catalogue.read_text(encoding="utf-8").split("\n\n")]
    return [message for message in found if message.texts.get("msgid")]


def _message(block: str) -> Message:
    message, keyword = Message(), ""
    for line in block.splitlines():
        if line.startswith("#,"):
            message.flags += line
        elif match := _LINE.match(line):
            keyword = match[1]
            message.texts[keyword] = ast.literal_eval(match[2])
        elif line.startswith('"'):
            message.texts[keyword] += ast.literal_eval(line)
    return message


def write_compiled(messages: Iterable[Message], path: Path) -> None:
    """A .mo file, by the format in gettext's manual, section 10.3."""
    head = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
    pairs = sorted([(b"", head.encode()), *_compiled(messages)])
    ids, texts, places = b"", b"", []
    for source, text in pairs:
        places.append((len(source), len(ids), len(text), len(texts)))
        ids += source + b"\0"
        texts += text + b"\0"
    count = len(pairs)
    start_of_ids = 28 + 16 * count
    start_of_texts = start_of_ids + len(ids)
    sources = b"".join(struct.pack("<II", size, start_of_ids + at) for size, at, _, _ in places)
    targets = b"".join(struct.pack("<II", size, start_of_texts + at) for _, _, size, at in places)
    path.write_bytes(
        struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0) + sources + targets + ids + texts
    )


def _compiled(messages: Iterable[Message]) -> Iterator[tuple[bytes, bytes]]:
    for message in messages:
        context, one, many = message.key
        source = (f"{context}\x04" if context else "") + (f"{one}\0{many}" if many else one)
        yield source.encode(), "\0".join(message.translations).encode()
