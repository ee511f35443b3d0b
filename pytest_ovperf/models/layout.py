"""The names of the files inside artefacts, known to those who write them and to those who only read them."""

from __future__ import annotations

#: The exported model; its weights lie beside it with the suffix ``.bin``.
IR_NAME = "openvino_model.xml"
#: The model as ONNX; weights of a very large one lie beside it.
ONNX_NAME = "model.onnx"
#: What is known of a module that was made: its digest, and the shapes of one call.
MODULE_NAME = "module.json"
#: One array for each model input.
INPUTS_NAME = "inputs.npz"
#: The shapes of those arrays, for a reader without numpy: name → dimensions.
SHAPES_NAME = "shapes.json"
#: The user's own calls that quantisation is calibrated with: ``<number of the call>/<input name>`` → array.
CALIBRATION_NAME = "calibration.npz"
#: Where each call that the user brought comes from, as errors begin.
ORIGIN_NAME = "origin.json"
#: What the cache writes beside the files of an artefact: their sizes and hashes, and when it was made.
MANIFEST_NAME = "artefact.json"

#: What transformers reads a Hugging Face directory's weights from: the first of these that is there.
WEIGHT_PATTERNS = ("*.safetensors", "pytorch_model*.bin")
