"""Published results as claims with tolerance bands: trained, measured, judged."""
