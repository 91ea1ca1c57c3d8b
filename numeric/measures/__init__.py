"""Measures known by numbers, closed under the operations of free probability."""
