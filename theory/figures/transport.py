"""Figures: transport plans and Wasserstein distances."""
