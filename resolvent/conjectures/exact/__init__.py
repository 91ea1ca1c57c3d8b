"""The exact stage of a check: what can be proved or refuted without sampling."""
