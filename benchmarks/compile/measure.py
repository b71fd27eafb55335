#!/usr/bin/env python3
"""What describing a model costs the compiler: processor time and memory, in turn with Eigen/Core.

    benchmarks/compile/measure.py [--build build] [--rounds 5] [--compiler g++ --compiler clang++-16]

Every source is compiled to an object file without optimisation, one after the other, round by round; a figure is the
median over the rounds. Models are generated: `equal` repeats operators on one shape, `different` is a chain of matrix
products in which no two shapes are equal, `layers` is a chain of feed-forward layers of alternating widths. All have
seven gears.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

HEAD = """#include <airloom/dsl.hpp>
namespace al = airloom;
inline constexpr struct batch final : al::axis<batch> {} batch;
inline constexpr auto traffic = batch.in<1, 2, 4, 8, 16, 32, 64>;
struct net {
  constexpr auto operator()(auto x0) const {
"""
TAIL = """  }
};
BOOST_HANA_ADAPT_STRUCT(net);
al::tape recorded() { return al::record_model(net{}, al::input<traffic, al::f32, batch, 64>("x")); }
"""


def chain(calls):
    """A model that applies each call ("al::relu({})") to the result of the one before."""
    lines = [f"    auto x{i + 1} = {call.format(f'x{i}')};\n" for i, call in enumerate(calls)]
    return HEAD + "".join(lines) + f"    return x{len(calls)};\n" + TAIL


def equal(count):
    calls = ["al::relu({0})", "al::tanh({0})", "al::sigmoid({0})", "{0} + {0}"]
    return chain([calls[i % len(calls)] for i in range(count)])


def different(count):
    return chain([f"al::matmul({{0}}, al::parameter<al::f32, {64 + i}, {65 + i}>{{{{}}}})" for i in range(count)])


def layers(count):
    block = [
        "al::matmul_bias({0}, al::parameter<al::f32, 256, 64>{{}}, al::parameter<al::f32, 256>{{}})",
        "al::gelu({0})",
        "al::matmul_bias({0}, al::parameter<al::f32, 64, 256>{{}}, al::parameter<al::f32, 64>{{}})",
        "{0} + x0",
        "al::softmax<-1>({0})",
    ]
    return chain([block[i % len(block)] for i in range(count)])


def sources():
    yield "Eigen/Core", "#include <Eigen/Core>\n"
    yield "airloom/dsl.hpp", "#include <airloom/dsl.hpp>\n"
    yield "layers, 100 operators", layers(100)
    for count in (10, 100, 1000):
        yield f"equal, {count} operators", equal(count)
    for count in (10, 100, 1000):
        yield f"different, {count} operators", different(count)


def compile_once(compiler, source, includes):
    """Seconds of processor time and megabytes of the largest process."""
    command = [compiler, "-std=c++20", "-O0", *includes, "-c", str(source), "-o", os.devnull]
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"{compiler} could not compile {source}.")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="a configured build folder, for the generated headers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--compiler", action="append")
    options = parser.parse_args()
    generated = pathlib.Path(options.build) / "include"
    if not (generated / "airloom" / "ops.hpp").is_file():
        sys.exit(f"{generated} has no generated headers; configure the project there first, or name --build.")
    includes = [f"-I{ROOT / 'include'}", f"-I{generated}", "-I/usr/include/eigen3"]
    for compiler in options.compiler or ["g++", "clang++-16"]:
        if shutil.which(compiler) is None:
            print(f"NOT MEASURED: {compiler} is not installed.")
            continue
        with tempfile.TemporaryDirectory() as folder:
            table = {}
            for place, (name, text) in enumerate(sources()):
                path = pathlib.Path(folder) / f"{place}.cpp"
                path.write_text(text)
                table[name] = (path, [])
            for _ in range(options.rounds):
                for path, figures in table.values():
                    figures.append(compile_once(compiler, path, includes))
        print(f"| {compiler} | seconds | MB |\n|---|---|---|")
        for name, (_, figures) in table.items():
            seconds, megabytes = (statistics.median(each) for each in zip(*figures))
            print(f"| {name} | {seconds:.2f} | {megabytes:.0f} |")
        print()


main()
