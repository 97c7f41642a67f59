"""Shared parts of DOCX, XLSX and PPTX: packages, themes, drawings, properties."""
