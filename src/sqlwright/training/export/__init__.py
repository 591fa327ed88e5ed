"""A tuned model as safetensors or GGUF, with the checks that it answers the same."""
