"""LoRA layers that add their update in place: the same numbers as PEFT's with fewer tensors.

PEFT computes `base(x) + B(A(x)) * scaling` with three tensors of the layer's output size. On a CPU, writing them takes
as long as the products. Here the update is added to the output by the product itself, in both directions.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor


class FusedLora(torch.autograd.Function):
    """`x @ weight.T + bias + scaling * (x @ down.T) @ up.T`, with gradients of x, down and up; weight is frozen."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, down: Tensor, up: Tensor, scaling: float
    ) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        inner = flat @ down.t()
        out = F.linear(flat, weight, bias)
        out.addmm_(inner, up.t(), alpha=scaling)
        ctx.save_for_backward(flat, weight, down, up, inner)
        ctx.scaling = scaling
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        flat, weight, down, up, inner = ctx.saved_tensors
        grad = grads[0].reshape(-1, grads[0].shape[-1])
        inner_grad = (grad @ up).mul_(ctx.scaling)
        of_x = None
        if ctx.needs_input_grad[0]:
            of_x = (grad @ weight).addmm_(inner_grad, down).view(*grads[0].shape[:-1], -1)
        return of_x, None, None, inner_grad.t() @ flat, (grad.t() @ inner).mul_(ctx.scaling), None


def fuse_lora(model: Any) -> int:
    """Let the plain LoRA layers of `model` compute as FusedLora does; returns how many.

    Layers with dropout, DoRA or a quantized or trained base keep PEFT's forward pass. So does a layer while its adapter
    is switched off, merged, or one of several.
    """
    from peft.tuners.lora.layer import Linear

    layers: list[Any] = [module for module in model.modules() if type(module) is Linear and _is_plain(module)]
    for layer in layers:
        layer.forward = MethodType(_forward, layer)
    return len(layers)


def _is_plain(layer: Any) -> bool:
    base = layer.base_layer
    frozen = type(base) is torch.nn.Linear and not any(p.requires_grad for p in base.parameters())
    biased = any(module.bias is not None for module in layer.lora_B.values())
    without_dropout = all(isinstance(module, torch.nn.Identity) for module in layer.lora_dropout.values())
    return frozen and without_dropout and not biased and not layer.lora_variant


def _forward(layer: Any, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    active = layer.active_adapters
    if args or kwargs or layer.disable_adapters or layer.merged or len(active) != 1 or active[0] not in layer.lora_A:
        found: Tensor = type(layer).forward(layer, x, *args, **kwargs)
        return found
    down, up = layer.lora_A[active[0]].weight, layer.lora_B[active[0]].weight
    weight, bias = layer.base_layer.weight, layer.base_layer.bias
    mixed = torch.is_autocast_enabled(x.device.type)
    dtype = torch.get_autocast_dtype(x.device.type) if mixed else weight.dtype
    cast = [t if t is None else t.to(dtype) for t in (x, weight, bias, down, up)]
    with torch.autocast(x.device.type, enabled=False):
        fused: Tensor = FusedLora.apply(*cast, layer.scaling[active[0]])  # type: ignore[no-untyped-call]
    return fused
