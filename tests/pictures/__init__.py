"""Pictures compared with pictures."""
