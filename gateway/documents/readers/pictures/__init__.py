"""Pictures: metafiles, words read by Tesseract, and the finder of stamps on scanned pages."""
