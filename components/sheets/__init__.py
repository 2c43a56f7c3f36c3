"""Sheets: one prompt over many rows, in every lane, with checks. Rules and files: core/sheets."""
