"""The literature: which numbered equations of the sources the catalog regenerates, and the audit of its entries."""
