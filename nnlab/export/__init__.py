"""A trained network and its records in the formats of other tools."""
