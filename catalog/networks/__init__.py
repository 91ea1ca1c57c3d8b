"""Sampled networks: Hessians and Fisher matrices of real neural networks."""
