"""Archives and compressed streams: ZIP, 7z, RAR, TAR, CAB, ISO 9660 and others."""
