"""Matrix expressions: random matrices in symbols, their pencils, their Dyson equations, and their laws."""
