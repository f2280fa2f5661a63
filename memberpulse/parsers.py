"""Reading what clients send."""

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser as PlainJSONParser


class JSONParser(PlainJSONParser):
    """Refuses what is JSON and yet no text that can be stored or repeated: half characters, endless nesting."""

    def parse(self, stream, media_type=None, parser_context=None) -> Any:
        try:
            body = super().parse(stream, media_type, parser_context)
            _check_text(body)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deep.") from None
        except UnicodeEncodeError:
            raise ParseError("JSON parse error - half of a surrogate pair is no character.") from None
        return body


def _check_text(value: Any) -> None:
    """Raises UnicodeEncodeError at a lone surrogate, which no answer could repeat and no database keep."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict):
        for name, inner in value.items():
            name.encode()
            _check_text(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_text(inner)
