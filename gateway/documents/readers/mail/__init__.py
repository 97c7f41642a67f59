"""Messages and what mail programs attach: EML, MSG, TNEF, calendars, cards, CMS content."""
