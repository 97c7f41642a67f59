"""Word documents: DOCX, DOC, RTF and the XML of Word 2003."""
