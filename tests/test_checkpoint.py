"""Files of weights and training states: exact, whole or not at all, and never trusted blindly."""

import contextlib
import errno
import json
import os
import subprocess
import sys

import numpy as np
import ordinary
import pytest
import safetensors.torch
import torch
from torch import nn

from course_utils import checkpoint
from course_utils.checkpoint import (
    CheckpointError,
    load_state,
    load_weights,
    save_state,
    save_weights,
)

HEADER = {"model": "VAE", "epochs": 3, "history": {"loss": [1.5, 0.25]}, "none": None}


class Small(nn.Module):
    def __init__(self, size=300):
        super().__init__()
        self.linear = nn.Linear(size, 3)
        self.register_buffer("count", torch.tensor([7, 2**40]))
        self.register_buffer("mask", torch.tensor([True, False]))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "weights.safetensors"


def parts(path):
    return list(path.parent.glob("*.part"))


def test_weights_come_back_rounded_to_float16_and_the_rest_exactly(path):
    model = Small()
    save_weights(path, model, HEADER)
    header, weights = load_weights(path)
    assert header == HEADER
    assert weights.keys() == model.state_dict().keys()
    for name in ("linear.weight", "linear.bias"):
        original = model.state_dict()[name]
        assert weights[name].dtype == torch.float32
        assert torch.equal(weights[name], original.half().float())
        assert not torch.equal(weights[name], original)
    assert torch.equal(weights["count"], model.count) and weights["count"].dtype == torch.int64
    assert torch.equal(weights["mask"], model.mask) and weights["mask"].dtype == torch.bool
    model.load_state_dict(weights)
    stored = safetensors.torch.load_file(path)
    assert stored["linear.weight"].dtype == torch.float16
    assert parts(path) == []


def test_weights_in_float32_are_exact_and_replace_an_older_file(path):
    save_weights(path, Small(), HEADER)
    model = Small()
    save_weights(path, model, {"model": "other"}, dtype=torch.float32)
    header, weights = load_weights(path)
    assert header == {"model": "other"}
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in weights.items())


def test_the_size_limit_counts_stored_bytes(path):
    limit = checkpoint.MOST_BYTES // 2  # float16 values
    fits, too_large = nn.Module(), nn.Module()
    fits.register_buffer("w", torch.zeros(limit))
    too_large.register_buffer("w", torch.zeros(limit + 1))
    save_weights(path, fits, {})
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=r"weights\.safetensors: 8\.0 MB.*the most is 8 MB"):
        save_weights(path, too_large, {})
    assert path.read_bytes() == before and parts(path) == []


@pytest.mark.parametrize("value", [70_000.0, float("nan"), float("-inf")])
def test_weights_that_do_not_fit_float16_are_refused(path, value):
    model = Small()
    with torch.no_grad():
        model.linear.bias[1] = value
    with pytest.raises(CheckpointError, match=r"weights\.safetensors.*linear\.bias.*float16"):
        save_weights(path, model, HEADER)
    assert not path.exists()


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1])


def truncate_in_header(path):
    path.write_bytes(path.read_bytes()[:20])


def empty(path):
    path.write_bytes(b"")


def altered_length(path):
    path.write_bytes(b"\xff" * 8 + path.read_bytes()[8:])


def altered_header(path):
    data = bytearray(path.read_bytes())
    data[9] = 0  # where the first name of the JSON begins
    path.write_bytes(bytes(data))


def appended(path):
    path.write_bytes(path.read_bytes() + b"\0")


def another_kind_of_file(path):
    torch.save({"linear.weight": torch.zeros(3)}, path)


def text(path):
    path.write_text("<html>not found</html>" * 10)


def folder(path):
    path.unlink()
    path.mkdir()


FAULTS = [
    truncate,
    truncate_in_header,
    empty,
    altered_length,
    altered_header,
    appended,
    another_kind_of_file,
    text,
    folder,
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("read", [load_weights, load_state])
def test_damaged_files_are_refused_by_name(path, fault, read):
    save_weights(path, Small(), HEADER)
    fault(path)
    with pytest.raises(CheckpointError, match=r"weights\.safetensors: .*damaged"):
        read(path)


@pytest.mark.parametrize("read", [load_weights, load_state])
def test_a_missing_file_is_named(path, read):
    with pytest.raises(CheckpointError, match=r"weights\.safetensors: there is no such file"):
        read(path)


def test_files_without_a_header_or_a_state_are_refused(path):
    path.parent.mkdir()
    for metadata in (None, {"format": "pt"}, {"header": "{no json", "state": "{no json"}):
        safetensors.torch.save_file({"w": torch.zeros(2)}, path, metadata)
        with pytest.raises(CheckpointError, match=r"weights\.safetensors: no readable header"):
            load_weights(path)
        with pytest.raises(CheckpointError, match=r"weights\.safetensors: no training state"):
            load_state(path)


@pytest.mark.parametrize(
    "state",
    [{"dict": [["a", {"tensor": "gone"}]]}, {"dict": 3}, {"unknown": 1, "kind": 2}, [1], 7],
)
def test_a_state_that_does_not_fit_its_tensors_is_refused(path, state):
    path.parent.mkdir()
    safetensors.torch.save_file({"w": torch.zeros(2)}, path, {"state": json.dumps(state)})
    with pytest.raises(CheckpointError, match=r"weights\.safetensors: no training state"):
        load_state(path)


@pytest.mark.parametrize("call", ["replace", "fsync"])
@pytest.mark.parametrize("older", [True, False])
def test_a_write_that_fails_leaves_what_was_there(path, monkeypatch, call, older):
    if older:
        save_weights(path, Small(), HEADER)
        before = path.read_bytes()

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(CheckpointError, match=r"weights\.safetensors.*No space left"):
            save_state(path, {"step": 1})
    assert parts(path) == []
    assert path.read_bytes() == before if older else not path.exists()


def test_an_interrupted_write_leaves_what_was_there(path, monkeypatch):
    save_weights(path, Small(), HEADER)
    before = path.read_bytes()

    def interrupted(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            save_state(path, {"step": 1})
    assert path.read_bytes() == before and parts(path) == []


FULL_DEVICE = """
import resource, sys, torch
from course_utils.checkpoint import CheckpointError, save_state
path = sys.argv[1]
save_state(path, {"step": 1, "weights": torch.arange(10.0)})
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    save_state(path, {"step": 2, "weights": torch.zeros(100_000)})
except CheckpointError as error:
    print("refused:", error)
"""


def test_a_file_system_that_takes_no_more_leaves_what_was_there(path):
    pytest.importorskip("resource", reason="POSIX only")
    run = subprocess.run(
        [sys.executable, "-c", FULL_DEVICE, str(path)], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    assert f"refused: {path}: could not be written" in run.stdout
    state = load_state(path)
    assert state["step"] == 1 and torch.equal(state["weights"], torch.arange(10.0))
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_folder_that_cannot_be_made_is_an_error_of_this_kind(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="could not be written"):
        save_state(tmp_path / "file" / "state.safetensors", {"step": 1})


def same(first, second):
    """Equal to the bit, with types."""
    if isinstance(first, torch.Tensor):
        return (
            isinstance(second, torch.Tensor)
            and first.dtype == second.dtype
            and first.shape == second.shape
            and torch.equal(
                first.contiguous().reshape(-1).view(torch.uint8),
                second.contiguous().reshape(-1).view(torch.uint8),
            )
        )
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return list(first) == list(second) and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    return first == second


def test_states_come_back_exactly(path):
    base = torch.randn(4, 6)
    state = {
        "none": None,
        "truth": [True, False],
        "numbers": [0, -3, 2**53 + 1, 0.1, 1e-300, float("inf"), -0.0],
        "text": "läuft",
        "empty": {"dict": {}, "list": []},
        0: {1: "int keys stay ints", "1": "beside text"},
        "nested": [[{"deep": [torch.tensor(3), {2: base}]}]],
        "dict": {"tensor": 1, "value": 2, "list": 3},
        "shared": [base, base[1:3], base.T, base],
        "special": torch.tensor([float("nan"), float("inf"), -0.0, 1e-45]),
        "nothing": torch.empty(0, 3),
        "dtypes": [
            (torch.arange(6).reshape(2, 3) % 2).to(dtype)
            for dtype in (
                torch.float16,
                torch.bfloat16,
                torch.float32,
                torch.float64,
                torch.int8,
                torch.int16,
                torch.int32,
                torch.int64,
                torch.uint8,
                torch.bool,
            )
        ],
        "generator": torch.get_rng_state(),
    }
    save_state(path, state)
    back = load_state(path)
    for key in state:
        assert same(state[key], back[key]), key
    assert same(state, back) and parts(path) == []


def test_an_optimizers_state_comes_back_exactly(path):
    model = Small(4)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    model.linear(torch.ones(2, 4)).sum().backward()
    optimizer.step()
    save_state(path, optimizer.state_dict())
    back = load_state(path)
    kept = optimizer.state_dict()
    assert same(kept["state"], back["state"])
    assert list(back["state"]) == [0, 1]
    torch.optim.Adam(model.parameters(), fused=True).load_state_dict(back)


def test_a_state_is_a_copy_of_the_moment(path):
    value = torch.zeros(3, requires_grad=True)
    save_state(path, {"value": value})
    with torch.no_grad():
        value += 1
    back = load_state(path)["value"]
    assert torch.equal(back, torch.zeros(3)) and not back.requires_grad


def test_numpy_numbers_are_stored_as_pythons(path):
    state = {"a": np.int64(3), "b": [np.float32(0.5)], "c": np.bool_(True), np.int64(4): 1}
    save_state(path, state)
    back = load_state(path)
    assert same(back, {"a": 3, "b": [0.5], "c": True, 4: 1})
    save_weights(path, Small(), {"a": np.int64(3), "b": np.arange(2)})
    assert load_weights(path)[0] == {"a": 3, "b": [0, 1]}
    before = path.read_bytes()
    with pytest.raises(TypeError, match="JSON: expected numbers and texts, got set: {1}"):
        save_weights(path, Small(), {"a": {1}})
    assert path.read_bytes() == before


def test_whether_a_file_can_be_written_is_tried_and_leaves_nothing(path, tmp_path, monkeypatch):
    assert checkpoint.refusal(path, 3_000_000) is None
    assert list(tmp_path.iterdir()) == []
    save_state(path, {})
    assert checkpoint.refusal(path) is None and load_state(path) == {}
    assert "Is a directory" in checkpoint.refusal(path.parent)
    told = checkpoint.refusal(path / "inside" / "it")
    assert "could not be written (Not a directory); choose a folder that takes files" in told

    class NoRoom:
        def write(self, data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(
        checkpoint.tempfile, "TemporaryFile", lambda **options: contextlib.nullcontext(NoRoom())
    )
    told = checkpoint.refusal(path, 1)
    assert told == f"{path}: could not be written (No space left on device); make room, or " + (
        "choose another folder"
    )


READ_ONLY = """
import sys, pathlib
from course_utils import checkpoint
print(checkpoint.refusal(pathlib.Path(sys.argv[1]) / "state"))
"""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions as on Linux and macOS")
def test_a_folder_of_others_takes_no_file(tmp_path):
    if os.geteuid() == 0:
        with ordinary.Ordinary() as user:
            (user.folder / "theirs").mkdir()
            told = user.python("-c", READ_ONLY, str(user.folder / "theirs")).stdout
    else:
        tmp_path.chmod(0o500)
        told = f"{checkpoint.refusal(tmp_path / 'state')}\n"
    assert "Permission denied); choose a folder that takes files\n" in told
