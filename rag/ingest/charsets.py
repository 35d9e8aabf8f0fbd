"""Names of encodings as documents declare them, to the encodings that such documents are in."""

from __future__ import annotations

_WIDER = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "euc_kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "big5": "big5hkscs",
    "tis-620": "cp874",
}


def wider_charset(name: str) -> str:
    """Return what browsers read where a narrower encoding is named (WHATWG's encoding standard).

    Documents that say Latin-1 hold the quotation marks of Windows-1252, which are controls in Latin-1.
    """
    name = name.strip().lower()
    return _WIDER.get(name, name)
