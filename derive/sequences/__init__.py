"""Recurrences and differential equations of sequences: guessed, telescoped, checked."""
