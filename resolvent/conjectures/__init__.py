"""Conjectures: claims about a law, checked exactly and on sampled matrices, and the verdict on them."""
