"""Models whose answer to a batch is its loss: what the one loop of training takes steps of."""

import keras
from keras import KerasTensor


class LossModel(keras.Model):  # type: ignore[misc]  # Keras has no types
    """Answers a batch with its loss: `call` computes it, whatever is learned. Always reckons in float32."""

    def __init__(self) -> None:
        # Never in half precision: what losses are made of here are places in pixels.
        super().__init__(name="lesson", dtype="float32")

    def compute_loss(self, *places: KerasTensor, **names: KerasTensor) -> KerasTensor:  # Keras calls it either way
        """Return what `call` has computed."""
        return names["y_pred"] if "y_pred" in names else places[2]
