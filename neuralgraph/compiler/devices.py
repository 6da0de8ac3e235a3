"""What a network can be computed on, asked before anything is put there."""

from __future__ import annotations

import re

import torch

from neuralgraph.errors import RunError

KINDS = ("cpu", "cuda", "mps")


def there(device: str) -> str:
    """The device as it was named: cpu, cuda, cuda:1 or mps. `RunError` where this computer or this torch has none."""
    found = re.fullmatch(r"(cpu|cuda|mps)(?::(\d{1,4}))?", device)
    if found is None:
        raise RunError(f"There is no device «{device[:40]}»: {', '.join(KINDS)} or a numbered GPU such as cuda:1 was "
                       "expected.")
    kind, number = found[1], int(found[2] or 0)
    match kind:
        case "cuda":
            _cuda(device, number)
        case "mps" if not torch.backends.mps.is_available():
            raise RunError("There is no mps here: it takes a Mac with Apple's own processor, and torch as it is "
                           "installed there. Choose cpu.")
    if kind != "cuda" and number:
        raise RunError(f"There is no device «{device}»: {kind} is only one. Leave the number out.")
    return device


def _cuda(device: str, number: int) -> None:
    if not torch.backends.cuda.is_built():  # type: ignore[no-untyped-call]
        raise RunError(f"There is no {device} here: torch {torch.__version__} was installed without CUDA. Choose cpu, "
                       "or install torch's CUDA build («Get started» on PyTorch's page).")
    count = torch.cuda.device_count()
    if not count:
        raise RunError(f"There is no {device} here: torch finds no NVIDIA GPU, or its driver does not answer (try "
                       "nvidia-smi). Choose cpu.")
    if number >= count:
        known = f"there are {count}. Choose cuda:{count - 1} or below" if count > 1 else "there is one. Choose cuda:0"
        raise RunError(f"There is no {device} here: GPUs are counted from 0, and {known}.")
