"""Components explained: formulas, what their keys do, one step with small numbers, the textbook's code, the source."""
