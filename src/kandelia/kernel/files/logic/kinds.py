"""Which kinds of files are taken, told by how they begin and not by what they are called. Pure.

Nothing that a browser would run is among them (HTML, SVG, scripts), nor programs or archives of unknown content.
"""

from dataclasses import dataclass

HEAD_BYTES = 4_096  # of a file, enough to tell
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind by the end of its name; `begins` are the beginnings it may have, empty for plain text."""

    end: str
    media_type: str
    begins: tuple[bytes, ...] = ()


KINDS = {
    kind.end: kind
    for kind in (
        FileKind("pdf", "application/pdf", (b"%PDF-",)),
        FileKind("ofd", "application/ofd", (ZIP,)),  # GB/T 33190-2016
        FileKind("png", "image/png", (b"\x89PNG\r\n\x1a\n",)),
        FileKind("jpg", "image/jpeg", (b"\xff\xd8\xff",)),
        FileKind("jpeg", "image/jpeg", (b"\xff\xd8\xff",)),
        FileKind("tif", "image/tiff", (b"II*\x00", b"MM\x00*")),
        FileKind("tiff", "image/tiff", (b"II*\x00", b"MM\x00*")),
        FileKind("docx", f"{OFFICE}.wordprocessingml.document", (ZIP,)),
        FileKind("xlsx", f"{OFFICE}.spreadsheetml.sheet", (ZIP,)),
        FileKind("pptx", f"{OFFICE}.presentationml.presentation", (ZIP,)),
        FileKind("doc", "application/msword", (OLE,)),
        FileKind("xls", "application/vnd.ms-excel", (OLE,)),
        FileKind("ppt", "application/vnd.ms-powerpoint", (OLE,)),
        FileKind("wps", "application/vnd.ms-works", (OLE,)),
        FileKind("dwg", "image/vnd.dwg", (b"AC10",)),
        FileKind("txt", "text/plain"),
        FileKind("csv", "text/csv"),
    )
}
TYPES = tuple(KINDS)


def end_of(name: str) -> str:
    """What stands behind the last dot, in small letters."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def fits(end: str, head: bytes) -> bool:
    """Whether a file that begins with `head` can be of the kind its name says."""
    kind = KINDS.get(end)
    if kind is None:
        return False
    return _is_text(head) if not kind.begins else head.startswith(kind.begins)


def plain_name(name: str, length_max: int) -> str:
    """A name without folders and control characters, cut in the middle of its stem where it is too long."""
    name = "".join(one for one in name.replace("\\", "/").rpartition("/")[2] if one.isprintable()).strip(" .")
    if len(name) <= length_max:
        return name
    stem, dot, end = name.rpartition(".")
    return f"{stem[: length_max - len(end) - 2]}…{dot}{end}"


def _is_text(head: bytes) -> bool:
    """UTF-8 or GB18030 without control characters; a character cut at the end of the head does not count."""
    if any(byte < 32 and byte not in b"\t\r\n\f" for byte in head):
        return False
    for encoding in ("utf-8", "gb18030"):
        for cut in range(min(4, len(head) + 1)):
            try:
                head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return True
    return False
