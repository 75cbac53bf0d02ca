"""Pictures in the formats of cameras and drawing programs, and how they become the input of a network."""
