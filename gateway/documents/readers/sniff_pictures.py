"""Pictures and films recognised by more than their first bytes: brands, directories, exact sizes, names.

Sources: ISO/IEC 14496-12 §4.3 (file type box), ISO/IEC 23008-12 (HEIF), WAP-237 (WBMP), MS-ICO as Windows and Pillow read it.
"""

from __future__ import annotations

import re
import struct
from typing import Final

ICON: Final = "image/x-icon"
WBMP: Final = "image/vnd.wap.wbmp"
UNKNOWN_PICTURE: Final = "image/x-unknown"
"""Bytes of an unrecognised type that their name or declared type calls a picture."""
UNKNOWN_FILM: Final = "video/x-unknown"
_SHARED: Final = 4
"""Pictures of an icon that may be the same bytes; else a few megabytes would make gigabytes."""
_AVIF: Final = (b"avif", b"avis", b"avio")
_HEIF: Final = (
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1", b"miaf", b"1pic",
    b"jpeg", b"jpgs", b"j2ki", b"j2is", b"avci", b"avcs", b"vvic", b"vvis", b"evbi", b"evbs", b"unif",
)  # fmt: skip
_TRACK: Final = re.compile(rb"hdlr.{8}(\w{4})", re.DOTALL)
_SOUND_TRACKS: Final = frozenset({b"soun", b"mdir", b"mdta"})
_OGG_FILM: Final = re.compile(rb"\x80theora|BBCD|\x01video|Skeleton|OVP80", re.IGNORECASE)
_ASF_FILM: Final = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
"""The stream type of moving pictures."""
_PICTURE_NAME: Final = re.compile(
    r"\.(?:ai|arw|bmp|bpg|cgm|cin|cr[23w]|cur|dcr|dds|dib|djvu?|dng|dpx|emf|eps|exr|ff|fits?|flif|fpx|gbr|gif|hdr|hei[cf]"
    r"|icns|ico|iff|ilbm|im|indd|jb?g|jb2|jbig2?|jfif|jls|jng|jp[2cefgmx]|jpeg|jxl|jxr|lbm|mac|mic|miff|mng|mrw|msp|nef|orf"
    r"|pam|pbm|pcd|pct|pcx|pef|pfm|pgm|pic|pict|pixar|png|pnm|ppm|psb|psd|ptx|qoi|raf|ras|raw|rgba?|rw2|sgi|sr[fw2]|sun|svgz?"
    r"|tga|tiff?|vicar|vtf|wbmp|wdp|webp|wmf|wpg|x3f|xbm|xcf|xpm|xv|xwd)$",
    re.IGNORECASE,
)
_MJPEG_NAME: Final = re.compile(r"\.mjpe?g?2?$", re.IGNORECASE)
_FILM_NAME: Final = re.compile(
    r"\.(?:3g[2p]|asf|avi|divx|dv|f4v|fl[civ]|h26[1345]|hevc|ivf|m1v|m2ts?|m2v|m4v|mjp?e?g?2?|mkv|mo[dv]|movie|mp[24e]|mpe?g|mts|mxf|ogv"
    r"|qt|rm|rmvb|swf|ts|vob|webm|wmv|y4m|yuv)$",
    re.IGNORECASE,
)


def still_brand(data: bytes) -> bytes | None:
    """Return the brand of a still picture that a file type box names, as its own or a compatible one; None for a film."""
    end = min(struct.unpack_from(">I", data)[0], len(data), 4096)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))}
    if not brands.isdisjoint(_AVIF):
        return b"avif"
    return next((b"heic" for brand in _HEIF if brand in brands), None)


def media_type(data: bytes) -> str:
    """Return the type of a file with a file type box: a still picture, sound when every track is sound, else a film."""
    if still_brand(data):
        return "image/heic"
    tracks = set(_TRACK.findall(data))
    return "audio/mp4" if b"soun" in tracks and tracks <= _SOUND_TRACKS else "video/mp4"


def only_sound(kind: str, data: bytes) -> str:
    """Return the type of a container of sound and film as what is in it: an ASF without pictures, an Ogg with some."""
    if kind == "application/ogg" and _OGG_FILM.search(data, 0, _end_of_beginnings(data)):
        return "video/ogg"
    return "audio/x-ms-wma" if kind == "video/x-ms-asf" and _ASF_FILM not in data else kind


def _end_of_beginnings(data: bytes) -> int:
    """Return where the pages end that say what each stream of an Ogg is (RFC 3533 §6)."""
    at = 0
    while data.startswith(b"OggS", at) and len(data) > at + 26 and data[at + 5] & 2:
        count = data[at + 26]
        at += 27 + count + sum(data[at + 27 : at + 27 + count])
    return max(at, 4096)


def icon_entries(data: bytes) -> list[bytes]:
    """Return every picture of an icon or cursor as an icon of its own; none when its directory does not hold."""
    if len(data) < 22 or data[:4] not in (b"\0\0\1\0", b"\0\0\2\0"):
        return []
    count = struct.unpack_from("<H", data, 4)[0]
    found: list[bytes] = []
    left = _SHARED * len(data)
    for at in range(6, 6 + 16 * count, 16):
        entry = data[at : at + 16]
        if len(entry) < 16:
            return []
        size, offset = struct.unpack_from("<II", entry, 8)
        body, left = data[offset : offset + size], left - size
        if offset < 6 + 16 * count or not body or len(body) < size or left < 0:
            return []
        # A cursor has its hot spot where an icon has planes and bits a pixel, which a DIB says itself.
        bits = body[14:16] if body[:4] == b"\x28\0\0\0" else b"\x20\0"
        found.append(b"\0\0\1\0\1\0" + entry[:4] + b"\1\0" + bits + struct.pack("<II", size, 22) + body)
    return found


def told_picture(data: bytes) -> str | None:
    """Return the type of a picture whose whole bytes fit its form."""
    if icon_entries(data):
        return ICON
    return WBMP if data[:2] == b"\0\0" and _is_wbmp(data) else None


def _is_wbmp(data: bytes) -> bool:
    """Type 0, no extensions, then width and height of seven bits a byte, then just the rows."""
    at, sides = 2, [0, 0]
    for side in (0, 1):
        for _ in range(3):
            octet = data[at] if at < len(data) else 0
            sides[side] = sides[side] << 7 | octet & 0x7F
            at += 1
            if octet < 0x80:
                break
    return min(sides) >= 8 and len(data) - at == (sides[0] + 7) // 8 * sides[1]


def named_picture(filename: str | None, declared_type: str) -> str | None:
    """Return what name or declared type say of data of an unrecognised type: a picture, a film, or nothing."""
    if _PICTURE_NAME.search(filename or "") or declared_type.startswith("image/"):
        return UNKNOWN_PICTURE
    film = _FILM_NAME.search(filename or "") or declared_type.startswith("video/")
    return UNKNOWN_FILM if film else None


def named_film(filename: str | None) -> str | None:
    """Return the type of a film that is a mere sequence of JPEG files, which only its name identifies."""
    return "video/x-mjpeg" if _MJPEG_NAME.search(filename or "") else None
