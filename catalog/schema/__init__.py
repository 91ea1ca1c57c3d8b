"""What an entry of the catalog consists of."""
