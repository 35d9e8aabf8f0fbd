"""Trained float32 weights to the int8 ONNX graphs that presscite ships."""
