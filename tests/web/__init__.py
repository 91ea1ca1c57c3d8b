"""What works in a web page."""
