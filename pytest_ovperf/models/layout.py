"""The names of the files inside artefacts, known to those who write them and to those who only read them."""

from __future__ import annotations

#: The exported model; its weights lie beside it with the suffix ``.bin``.
IR_NAME = "openvino_model.xml"
#: One array for each model input.
INPUTS_NAME = "inputs.npz"
#: The shapes of those arrays, for a reader without numpy: name → dimensions.
SHAPES_NAME = "shapes.json"
#: What the cache writes beside the files of an artefact: their sizes and hashes, and when it was made.
MANIFEST_NAME = "artefact.json"

#: What transformers reads a Hugging Face directory's weights from: the first of these that is there.
WEIGHT_PATTERNS = ("*.safetensors", "pytorch_model*.bin")
