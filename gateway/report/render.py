"""Report rendered in each format."""

from __future__ import annotations

from enum import Enum

from gateway.model import Language
from gateway.report.figures import Report
from gateway.report.labels import Labels
from gateway.report.write import write


class Format(Enum):
    """Form of a report."""

    DOCX = "docx"
    XLSX = "xlsx"
    PDF = "pdf"
    CSV = "csv"
    JSON = "json"


def render(report: Report, labels: Labels, form: Format, language: Language = Language.VI) -> bytes:
    """Return a report as a file; errors as `pdf`. Libraries are loaded for the format that is asked for."""
    page = write(report, labels, language)
    match form:
        case Format.DOCX:
            from gateway.report.docx import docx

            return docx(page)
        case Format.XLSX:
            from gateway.report.xlsx import xlsx

            return xlsx(page)
        case Format.PDF:
            from gateway.report.pdf import pdf

            return pdf(page)
        case Format.CSV:
            from gateway.report.plain import as_csv

            return as_csv(page)
        case Format.JSON:
            from gateway.report.plain import as_json

            return as_json(report, labels, language)
