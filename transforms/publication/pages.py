"""Every page of the publication, in the order of the menu."""

from __future__ import annotations

from schemas.reference import ReferenceTables
from transforms.publication.page_code import code_page
from transforms.publication.page_method import method_page
from transforms.publication.page_payer import payer_page
from transforms.publication.page_quality import quality_page
from transforms.publication.page_summary import summary_page
from transforms.publication.parts import Page
from transforms.publication.published import PAYER_ORDER, Published
from transforms.publication.reference_facts import facts_of


def pages_of(published: Published, reference: ReferenceTables) -> list[Page]:
    """The pages of a release."""
    facts = facts_of(reference, published.edition.main_code)
    return [
        summary_page(published, facts),
        code_page(published, facts),
        *(payer_page(published, facts, payer) for payer in PAYER_ORDER),
        quality_page(published),
        method_page(published, facts),
    ]
