"""The network of a run in the ONNX format."""
