"""The entries of the catalog, one module each, named by its slug; each holds one ``ENSEMBLE``."""
