"""Inbound text to accepted rows: layouts, scope, parsing, validation, pseudonyms."""
