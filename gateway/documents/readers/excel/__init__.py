"""Workbooks: XLSX, XLS and the XML of Excel 2003."""
