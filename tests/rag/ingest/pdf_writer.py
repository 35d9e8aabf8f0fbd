"""A small writer of PDF 1.4 for tests: text at places, pictures, a password; any script, no font embedded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
EM = 0.6
"""Width of every Latin letter, in type sizes (as Courier's)."""


@dataclass(frozen=True, slots=True)
class Put:
    """A text on a page, points from its lower left corner; wide characters take a whole type size."""

    text: str
    x: float
    y: float
    size: float = 10.0
    turned: bool = False
    """Whether it runs upwards."""


def write_pdf(
    pages: Sequence[Sequence[Put]],
    *,
    info: dict[str, str] | None = None,
    pictures: Sequence[int] = (),
    rotate: int = 0,
    size: tuple[int, int] = (595, 842),
    password: str | None = None,
    unmapped: bool = False,
) -> bytes:
    """Return a PDF.

    Parameters
    ----------
    pictures
        Numbers of the pages (from 0) that a grey picture covers.
    password
        Without which it does not open (40-bit RC4, the oldest form).
    unmapped
        Leave out which letters the font draws, as some programs do.
    """
    letters = sorted({char for page in pages for put in page for char in put.text})
    codes = {char: number for number, char in enumerate(letters, 1)}
    objects: dict[int, tuple[bytes, bytes | None]] = {}
    kids = " ".join(f"{10 + 2 * n} 0 R" for n in range(len(pages)))
    objects[1] = b"<</Type/Catalog/Pages 2 0 R>>", None
    objects[2] = f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>".encode(), None
    mapped = b"" if unmapped else b"/ToUnicode 6 0 R"
    objects[3] = (
        b"<</Type/Font/Subtype/Type0/BaseFont/Test/Encoding/Identity-H"
        b"/DescendantFonts[4 0 R]" + mapped + b">>",
        None,
    )
    widths = " ".join(f"{code}[{_width(char) * 1000:.0f}]" for char, code in codes.items())
    objects[4] = (
        f"<</Type/Font/Subtype/CIDFontType2/BaseFont/Test/FontDescriptor 5 0 R/DW 600/W[{widths}]"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>".encode(),
        None,
    )
    objects[5] = (
        b"<</Type/FontDescriptor/FontName/Test/Flags 4/FontBBox[0 -200 1000 800]/ItalicAngle 0"
        b"/Ascent 800/Descent -200/CapHeight 700/StemV 80>>",
        None,
    )
    objects[6] = b"<<>>", _cmap(codes)
    objects[7] = (
        b"<</Type/XObject/Subtype/Image/Width 2/Height 2/ColorSpace/DeviceGray/BitsPerComponent 8>>",
        b"\x80\x90\xa0\xb0",
    )
    turned = f"/Rotate {rotate}" if rotate else ""
    for n, page in enumerate(pages):
        drawn = "".join(
            f"BT /F1 {put.size:g} Tf {_turn(put)} {put.x:.2f} {put.y:.2f} Tm "
            f"<{''.join(f'{codes[char]:04x}' for char in put.text)}> Tj ET\n"
            for put in page
        )
        if n in pictures:
            drawn = f"q {size[0]} 0 0 {size[1]} 0 0 cm /I1 Do Q\n{drawn}"
        objects[10 + 2 * n] = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {size[0]} {size[1]}]{turned}/Contents {11 + 2 * n} 0 R"
            "/Resources<</Font<</F1 3 0 R>>/XObject<</I1 7 0 R>>>>>>".encode(),
            None,
        )
        objects[11 + 2 * n] = b"<<>>", drawn.encode()
    fields = "".join(
        f"/{name}<feff{value.encode('utf-16-be').hex()}>" for name, value in (info or {}).items()
    )
    objects[8] = f"<<{fields}>>".encode(), None
    return _file(objects, password)


def lines_of(text: str, width: int, *, hyphenated: bool = False) -> list[str]:
    """Return a text wrapped at a number of letters, as a typesetter would; words of 9 letters may break."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        room = width - len(line) - bool(line)
        if len(word) <= room:
            line = f"{line} {word}" if line else word
            continue
        if hyphenated and len(word) >= 9 and word.isalpha() and room >= 5:
            cut = min(room - 1, len(word) - 3)
            lines.append(f"{line} {word[:cut]}-" if line else f"{word[:cut]}-")
            line = word[cut:]
        else:
            lines.append(line)
            line = word
    return [*lines, line]


def _turn(put: Put) -> str:
    return "0 1 -1 0" if put.turned else "1 0 0 1"


def _width(char: str) -> float:
    return 1.0 if ord(char) > 0x2E80 else EM


def _cmap(codes: dict[str, int]) -> bytes:
    rows = "\n".join(
        f"1 beginbfchar\n<{code:04x}> <{char.encode('utf-16-be').hex()}>\nendbfchar"
        for char, code in codes.items()
    )
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n{rows}\n"
        "endcmap\nend\nend"
    ).encode()


def _file(objects: dict[int, tuple[bytes, bytes | None]], password: str | None) -> bytes:
    name = hashlib.md5(b"test").digest()
    key = b""
    trailer = f"/Root 1 0 R/Info 8 0 R/Size {max(objects) + 2}"
    if password is not None:
        user = (password.encode() + _PADDING)[:32]
        owner = _rc4(hashlib.md5(user).digest()[:5], user)
        key = hashlib.md5(user + owner + (-4).to_bytes(4, "little", signed=True) + name).digest()[
            :5
        ]
        checked = _rc4(key, _PADDING)
        trailer += (
            f"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{owner.hex()}>/U<{checked.hex()}>>>"
            f"/ID[<{name.hex()}><{name.hex()}>]"
        )
    out = bytearray(b"%PDF-1.4\n")
    places: dict[int, int] = {}
    for number, (head, stream) in sorted(objects.items()):
        places[number] = len(out)
        out += f"{number} 0 obj\n".encode()
        if stream is None:
            out += head
        else:
            if key:
                salt = number.to_bytes(3, "little") + b"\x00\x00"
                stream = _rc4(hashlib.md5(key + salt).digest()[:10], stream)
            out += (
                head[:-2] + f"/Length {len(stream)}>>\nstream\n".encode() + stream + b"\nendstream"
            )
        out += b"\nendobj\n"
    start = len(out)
    last = max(objects) + 1
    out += f"xref\n0 {last + 1}\n0000000000 65535 f \n".encode()
    for number in range(1, last + 1):
        used = number in places
        out += f"{places.get(number, 0):010d} {0 if used else 65535:05d} {'n' if used else 'f'} \n".encode()
    out += f"trailer\n<<{trailer}>>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
