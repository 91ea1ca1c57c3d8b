"""The explorer: laws in a browser, with a slider for every parameter (`resolvent explore`)."""
