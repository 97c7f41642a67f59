"""What DOCX, XLSX and PPTX share: packages, themes, drawings, properties."""
