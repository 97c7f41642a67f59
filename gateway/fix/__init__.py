"""`gateway fix`: corrects fonts, colours and encodings of a file and leaves everything else unchanged.

Legacy-encoded letters become Unicode, fonts Times New Roman, letters black. DOCX, XLSX, PPTX, ODT, ODS, ODP, RTF and plain
text are edited in place: bytes that need no change are copied, never rewritten. What cannot be done safely is refused:
signed files first of all, encrypted and damaged ones, formats that cannot be edited in place. Runs at the writer's wish on
his own file, outside the mail flow; it never touches a mail.
"""

from gateway.fix.file import Fixed, fix
from gateway.fix.report import lint_lines, refusal, report_lines
from gateway.fix.tally import RefusedError, Tally

__all__ = ["Fixed", "RefusedError", "Tally", "fix", "lint_lines", "refusal", "report_lines"]
