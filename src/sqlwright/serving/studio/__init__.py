"""The training studio: data, training, proof and use of models in the browser."""
