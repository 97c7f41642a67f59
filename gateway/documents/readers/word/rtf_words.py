"""The control words of RTF that begin groups of text, groups of none, or stand for a character (RTF 1.9.1)."""

from __future__ import annotations

from typing import Final

from gateway.model import Role

TEXT_DESTINATIONS: Final = {
    "header": Role.HEADER, "headerl": Role.HEADER, "headerr": Role.HEADER, "headerf": Role.HEADER,
    "footer": Role.FOOTER, "footerl": Role.FOOTER, "footerr": Role.FOOTER, "footerf": Role.FOOTER,
    "footnote": Role.NOTE, "annotation": Role.COMMENT, "shptxt": Role.TEXTBOX, "dptxbxtext": Role.TEXTBOX,
    "fldinst": Role.FIELD, "formfield": Role.FIELD, "ffdeftext": Role.FIELD, "ffhelptext": Role.FIELD,
    "bkmkstart": Role.NAME, "title": Role.PROPERTY, "subject": Role.PROPERTY, "author": Role.PROPERTY,
    "manager": Role.PROPERTY, "company": Role.PROPERTY, "operator": Role.PROPERTY, "category": Role.PROPERTY,
    "keywords": Role.PROPERTY, "comment": Role.PROPERTY, "doccomm": Role.PROPERTY, "hlinkbase": Role.PROPERTY,
    "propname": Role.PROPERTY, "staticval": Role.PROPERTY, "atnid": Role.PROPERTY, "atnauthor": Role.PROPERTY,
    "template": Role.PROPERTY, "docvar": Role.PROPERTY, "sn": Role.PROPERTY, "sv": Role.ALT_TEXT,
}  # fmt: skip
SILENT: Final = frozenset({
    "stylesheet", "listtable", "listoverridetable", "rsidtbl", "generator", "themedata", "colorschememapping",
    "latentstyles", "datastore", "xmlnstbl", "mmathPr", "pgptbl", "revtbl", "filetbl", "fchars", "lchars", "wgrffmtfilter",
    "listname", "panose", "nonshppict", "blipuid", "picprop", "bkmkend", "atrfstart", "atrfend", "atnref", "atndate",
    "creatim", "revtim", "printim", "buptim", "expandedcolortbl", "defchp", "defpap", "oldcprops", "oldpprops",
    "passwordhash", "protusertbl", "writereservhash", "userprops", "factoidname", "objclass", "objname", "objtime",
    "leveltext", "levelnumbers", "pntext", "pnseclvl", "ftnsep", "ftnsepc", "ftncn", "aftnsep", "aftnsepc", "aftncn",
    "fontemb", "fontfile", "background", "info", "pict", "shppict", "shpinst", "sp", "shp", "shprslt", "field", "object",
    "result", "fldrslt", "userpropsentry", "listtext", "do", "upr", "ud", "objalias", "objsect",
})  # fmt: skip
"""Destinations whose own text is no words; those in the second half carry words only in groups inside them."""
CARRIERS: Final = frozenset({"background", "shppict", "shpinst", "shp", "shprslt", "field", "object", "result", "fldrslt",
                              "do", "upr", "ud", "listtext", "pntext"})  # fmt: skip
"""Groups that pass the surrounding destination on to what they hold."""
SYMBOLS: Final = {
    "tab": "\t", "line": "\n", "lbr": "\n", "emdash": "—", "endash": "–", "emspace": " ", "enspace": " ", "qmspace": " ",
    "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "softline": "\n", "zwj": "", "zwnj": "",
}  # fmt: skip
SPECIALS: Final = {b"~": "\u00a0", b"_": "-", b"-": "", b"{": "{", b"}": "}", b"\\": "\\", b"\t": "\t"}
