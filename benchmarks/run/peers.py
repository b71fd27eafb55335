#!/usr/bin/env python3
"""Time per call of the three trained models in every gear: airloom, ONNX Runtime and PyTorch, from the same weights.

  pip install numpy onnx onnxruntime onnxscript safetensors torch
  benchmarks/run/peers.py --program build/benchmarks/run [--json FILE]

One thread each. The contenders take turns, block by block, and a ratio is the median over the rounds of ratios within
a round, so that a machine that speeds up or slows down does so for all. Time is the processor time of the thread.
The peers are called from Python with inputs and outputs bound beforehand; what a call of an empty model costs there is
measured in the same way and taken off. Of PyTorch, the faster of eager and frozen TorchScript counts.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[2]
GEARS = {
    "digits_mlp": [{"batch": n} for n in (1, 10, 50)],
    "digits_cnn": [{"batch": n} for n in (1, 10)],
    "tiny_bert": [{"batch": b, "seq": s} for b in (1, 4) for s in (64, 128)],
}


def missing(package):
    """Says loudly that a peer cannot be measured; true where it cannot."""
    if importlib.util.find_spec(package):
        return False
    print(f"!! {package} is not installed: what needs it is NOT measured. pip install {package}", file=sys.stderr)
    return True


def thread_seconds(call, calls):
    start = time.thread_time_ns()
    for _ in range(calls):
        call()
    return (time.thread_time_ns() - start) * 1e-9 / calls


class Contender:
    """A call, and the call of an empty model beside it."""

    def __init__(self, call, empty):
        self.call, self.empty = call, empty
        for _ in range(5):  # TorchScript compiles in its first calls
            call()
        self.calls = max(1, int(5e-3 / thread_seconds(call, 5)))

    def seconds(self):
        return thread_seconds(self.call, self.calls) - thread_seconds(self.empty, self.calls)


# --- the models


def load_module(folder):
    spec = importlib.util.spec_from_file_location(folder.name, folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_model(folder):
    """The trained model, from the model.py beside its weights."""
    return load_module(folder).load(str(folder))


def gear_name(model, gear):
    return "/".join([model] + [f"{axis}:{size}" for axis, size in gear.items()])


def inputs_of(folder, gear):
    """name -> array: the golden inputs in one gear."""
    import numpy

    if "seq" in gear:
        case = f"b{gear['batch']}_s{gear['seq']}"
        names = ("input_ids", "attention_mask", "token_type_ids")
        return {name: numpy.load(folder / "golden" / f"{case}.{name}.npy") for name in names}
    return {"x": numpy.load(folder / "golden" / "input.x.npy")[: gear["batch"]]}


def same_outputs(model):
    """tiny_bert gives hidden states besides; airloom's model gives logits and pooler."""
    import torch

    class Chosen(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, *inputs):
            result = self.model(*inputs)
            return (result[0], result[2]) if isinstance(result, tuple) else result

    return Chosen().eval()


# --- peers


class PyTorch:
    name = "PyTorch"

    def __init__(self):
        import torch

        self.torch = torch
        torch.set_num_threads(1)

    def contenders(self, model, inputs):
        torch = self.torch
        tensors = [torch.from_numpy(value) for value in inputs.values()]
        empty = torch.nn.Identity().eval()
        yield self.timed(lambda: model(*tensors), lambda: empty(tensors[0]))
        with torch.inference_mode():
            frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, tensors)))
            nothing = torch.jit.freeze(torch.jit.trace(empty, tensors[0]))
        yield self.timed(lambda: frozen(*tensors), lambda: nothing(tensors[0]))

    def timed(self, call, empty):
        """A contender whose every call is made without gradients."""
        with self.torch.inference_mode():
            contender = Contender(call, empty)
        seconds = contender.seconds

        def without_gradients():
            with self.torch.inference_mode():
                return seconds()

        contender.seconds = without_gradients
        return contender


class OnnxRuntime:
    name = "ONNX Runtime"

    def __init__(self):
        import onnxruntime

        self.runtime = onnxruntime
        self.folder = tempfile.TemporaryDirectory()

    def contenders(self, model, inputs):
        path = os.path.join(self.folder.name, "model.onnx")
        self.export(model, inputs, path)
        yield Contender(self.bound(path, inputs), self.empty())

    def bound(self, path, inputs):
        """A call of the model on inputs and outputs that stay where they are."""
        options = self.runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        session = self.runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        binding = session.io_binding()
        value_of = self.runtime.OrtValue.ortvalue_from_numpy
        for name, value in inputs.items():
            binding.bind_ortvalue_input(name, value_of(value))
        for port, value in zip(session.get_outputs(), session.run(None, inputs)):
            binding.bind_ortvalue_output(port.name, value_of(value))
        return lambda: session.run_with_iobinding(binding)

    @staticmethod
    def export(model, inputs, path):
        import torch

        tensors = tuple(torch.from_numpy(value) for value in inputs.values())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(model, tensors, path, input_names=list(inputs), dynamo=False)

    def empty(self):
        import numpy
        from onnx import TensorProto, helper, save

        def one(name):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1])

        graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "empty", [one("x")], [one("y")])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        path = os.path.join(self.folder.name, "empty.onnx")
        save(model, path)
        return self.bound(path, {"x": numpy.zeros(1, numpy.float32)})


def peers():
    # ONNX Runtime needs PyTorch too, which exports its models.
    if any([missing("numpy"), missing("safetensors"), missing("torch")]):
        return []
    found = [] if any([missing("onnxruntime"), missing("onnx")]) else [OnnxRuntime()]
    return found + [PyTorch()]


# --- measuring


def airloom_seconds(program, name, models):
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        command = [program, f"--benchmark_filter=^{name}/manual_time$", "--benchmark_min_time=0.05",
                   f"--benchmark_out={out.name}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env={**os.environ, "AIRLOOM_MODELS": str(models)})
        return json.load(open(out.name))["benchmarks"][0]["airloom_us"] * 1e-6


def measure(options, model, gear, found):
    name, folder = gear_name(model, gear), options.models / model
    loaded, inputs = same_outputs(load_model(folder)), inputs_of(folder, gear)
    contenders = {peer.name: list(peer.contenders(loaded, inputs)) for peer in found}
    mine, theirs = [], {peer: [] for peer in contenders}
    for _ in range(options.rounds):
        mine.append(airloom_seconds(options.program, name, options.models))
        for peer, several in contenders.items():
            theirs[peer].append([contender.seconds() for contender in several])
    row = {"gear": name, "airloom us": statistics.median(mine) * 1e6}
    for peer, times in theirs.items():
        fastest = min(zip(*times), key=statistics.median)
        row[f"{peer}/airloom"] = statistics.median(t / m for t, m in zip(fastest, mine))
        row[f"{peer} us"] = statistics.median(fastest) * 1e6
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / "build/benchmarks/run"), help="airloom's own benchmark")
    parser.add_argument("--models", type=pathlib.Path, default=ROOT / "tests/data/models")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--filter", default="", help="measure only gears whose name contains this")
    parser.add_argument("--json", type=pathlib.Path, help="write the table here too")
    options = parser.parse_args()
    if not (os.path.isfile(options.program) and os.access(options.program, os.X_OK)):
        sys.exit(f"{options.program} is not there. Build it: cmake -S . -B build -DAIRLOOM_BENCHMARKS=ON && "
                 "cmake --build build --target benchmark_run")
    found = peers()
    columns = [f"{peer.name}/airloom" for peer in found] + ["airloom us"] + [f"{peer.name} us" for peer in found]
    print(f"{'model and gear':28}" + "".join(f"{column:>22}" for column in columns))
    rows = []
    for model, gears in GEARS.items():
        for gear in gears:
            if options.filter in gear_name(model, gear):
                rows.append(measure(options, model, gear, found))
                print(f"{rows[-1]['gear']:28}" + "".join(f"{rows[-1][column]:22.2f}" for column in columns), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
