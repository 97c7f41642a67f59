"""PDF: text as it is seen, structure, revisions, and pages that are scans."""
