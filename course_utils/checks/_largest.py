"""How large an array an answer makes, where a text forbids a large one."""

import tracemalloc

import torch
from torch._C import _functorch
from torch.overrides import TorchFunctionMode


class Largest(TorchFunctionMode):
    """In its ``with`` block: ``most``, bytes of the largest tensor, or of all of numpy's arrays.

    What a function of torch makes of arguments that broadcast counts, whatever it returns.
    """

    def __enter__(self):
        self.most, self._traced_before = 0, tracemalloc.is_tracing()
        if not self._traced_before:
            tracemalloc.start()
        self._level = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        return super().__enter__()

    def __exit__(self, *error):
        super().__exit__(*error)
        self.most = max(self.most, tracemalloc.get_traced_memory()[1] - self._level)
        if not self._traced_before:
            tracemalloc.stop()

    def __torch_function__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        found = [made, args]
        while found:
            value = found.pop()
            if isinstance(value, (tuple, list)):
                found += value
            elif isinstance(value, torch.Tensor):
                self.most = max(self.most, _bytes(value))
        self.most = max(self.most, _broadcast(args))
        return made


def _bytes(tensor):
    while _functorch.is_functorch_wrapped_tensor(tensor):  # inside of vmap
        tensor = _functorch.get_unwrapped(tensor)
    return tensor.untyped_storage().nbytes() if tensor.layout == torch.strided else 0


def _broadcast(args):
    """Bytes of what the tensors among the arguments broadcast to; 0 where they do not."""
    tensors = [one for one in args if isinstance(one, torch.Tensor)]
    try:
        shape = torch.broadcast_shapes(*(one.shape for one in tensors))
    except RuntimeError:
        return 0
    return shape.numel() * tensors[0].element_size() if len(tensors) > 1 else 0


def call_within(handle, arrays, seed, most, failure):
    """``handle.call(arrays, seed)``; raises ``failure`` where an array has more bytes than that."""
    for _ in range(2):  # at the first call Python may load modules, which count as well
        with Largest() as seen:
            value = handle.call(arrays, seed)
        if seen.most <= most:
            return value
    raise failure(f"{seen.most:,} bytes are held at once, at most {most:,} are needed.")
