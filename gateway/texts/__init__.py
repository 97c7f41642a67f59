"""Texts of the product, Vietnamese and English, in TOML files."""
