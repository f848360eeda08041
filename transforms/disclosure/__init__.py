"""Disclosure control: what of the tables may be shown to an audience."""
