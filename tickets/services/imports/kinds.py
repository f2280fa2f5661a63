"""What the pages need to know of a format, and how a row in the database becomes the arguments of ``import_file``."""

from pathlib import Path
from zoneinfo import ZoneInfo

from tickets.importers import FORMATS
from tickets.importers.base import Format
from tickets.importers.files import UPLOAD_LIMITS, FileError
from tickets.importers.mapping import Mapping, read_mapping
from tickets.models import ImportRun
from tickets.services.imports import files
from tickets.services.imports.words import SENTENCES

LIMITS = UPLOAD_LIMITS
# The companion that is a text: it can be typed and changed in the page.
MAPPING = "mapping"


def kind_of(run: ImportRun) -> Format:
    """Raises FileError where a later release no longer has the format."""
    if run.format not in FORMATS:
        raise FileError(SENTENCES["FORMAT_GONE"])
    return FORMATS[run.format]


def label_of(run: ImportRun) -> str:
    return FORMATS[run.format].label if run.format in FORMATS else run.format


def zone_of(run: ImportRun) -> ZoneInfo:
    return ZoneInfo(run.time_zone)


def has_mapping(kind: Format) -> bool:
    return any(companion.name == MAPPING for companion in kind.companions)


def companions_of(run: ImportRun) -> dict[str, Path]:
    """Those that are there."""
    paths = {each.name: files.companion_of(run.pk, each.name) for each in kind_of(run).companions}
    return {name: path for name, path in paths.items() if path.exists()}


def mapping_of(run: ImportRun) -> Mapping | None:
    """Raises FileError with a sentence that names the key at fault."""
    path = companions_of(run).get(MAPPING)
    if path is None:
        return None
    with path.open("rb") as file:
        return read_mapping(file)


def source_of(run: ImportRun) -> str:
    """What its tickets are known by. Raises FileError, as long as its mapping cannot be read."""
    mapping = mapping_of(run)
    return f"{kind_of(run).source}-{mapping.source}" if mapping else kind_of(run).source


def sentence(run: ImportRun, error: FileError) -> str:
    """Without the places where the files lie on the server."""
    told = str(error)
    for place in sorted(files.folder_of(run.pk).glob("*"), key=lambda place: -len(place.name)):
        told = told.replace(str(place), run.file_name if place == files.file_of(run.pk) else "")
    return " ".join(told.split())
