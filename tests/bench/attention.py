#!/usr/bin/python3
"""The network `attention` beside the same layers of PyTorch, in turn, in one run: time, memory and outputs.

usage: tests/bench/attention.py BUILD [--batch 32] [--rounds 3] [--threads 1]

BUILD is a build tree with EARSHOT_BENCH=ON. Each side runs as a process of its own, so that peak memory is its own.
"As it comes" is PyTorch with nothing set but its threads; where earshot chooses another kernel of OpenBLAS than OpenBLAS
does, PyTorch with that one is a third side.
Prints the least processor time of the rounds, and the ratios. Targets: forward and step 3 times as fast, under 2 GiB.
Debian: python3-torch.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile


def reference(arguments):
    """In a child: PyTorch's side. Prints one line of JSON."""
    import resource
    import time

    import torch
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
    os.environ.setdefault("EARSHOT", "")
    os.environ.setdefault("EARSHOT_SOURCE", str(pathlib.Path(__file__).parents[2]))
    os.environ.setdefault("EARSHOT_BUILD", "")
    from cli.test_attention import Reference
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    network = Reference().eval()
    result = {"start_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    one = torch.randn(1, 44100)
    with torch.no_grad():
        network(one)
        result["forward_ms"] = 1000 * least(lambda: network(one), time, 5)
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), 1e-4)
    windows, truth = torch.randn(arguments.batch, 44100), torch.randint(0, 2, (arguments.batch,))

    def step():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(windows), truth).backward()
        optimizer.step()
    result["step_ms"] = 1000 * least(step, time, 1)
    result["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(result))


def least(work, time, times):
    best = float("inf")
    for _ in range(times):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return best


def child(command, **environment):
    done = subprocess.run([str(word) for word in command], env={**os.environ, **environment}, check=True,
                          capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--reference", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.reference:
        return reference(arguments)
    kernel = kernel_of(arguments.build)
    plain, best_kernel = {"OPENBLAS_NUM_THREADS": "1"}, {"OPENBLAS_NUM_THREADS": "1", "OPENBLAS_CORETYPE": kernel}
    pytorch = [sys.executable, __file__, arguments.build, "--reference"]
    sides = {"PyTorch as it comes": (pytorch, plain)}
    if kernel:
        sides[f"PyTorch, {kernel} kernel"] = (pytorch, best_kernel)
    step = [arguments.build / "benchmarks/attention_step"]
    sides["earshot"] = (step, best_kernel if kernel else plain)
    sides["earshot, --autocast bfloat16"] = ([*step, "--bfloat16", 1], best_kernel if kernel else plain)
    results = {name: [] for name in sides}
    for _ in range(arguments.rounds):
        for name, (command, environment) in sides.items():
            words = ["--batch", arguments.batch, "--threads", arguments.threads]
            results[name].append(child([*command, *words], **environment))
    print(f"{'':30}{'forward, 1 s':>16}{'step, batch ' + str(arguments.batch):>18}{'peak':>12}{'network alone':>16}")
    best = {name: {key: min(row[key] for row in rows) for key in rows[0]} for name, rows in results.items()}
    for name, row in best.items():
        print(f"{name:30}{row['forward_ms']:13.1f} ms{row['step_ms'] / 1000:16.2f} s{row['peak_mib']:8.0f} MiB"
              f"{row['peak_mib'] - row['start_mib']:12.0f} MiB")
    for our_name in (name for name in sides if name.startswith("earshot")):
        ours = best[our_name]
        for name in (name for name in sides if name.startswith("PyTorch")):
            print(f"{name} / {our_name}: {best[name]['forward_ms'] / ours['forward_ms']:.1f} times the processor time forward, "
                  f"{best[name]['step_ms'] / ours['step_ms']:.1f} times in a step, "
                  f"{best[name]['peak_mib'] / ours['peak_mib']:.1f} times the memory")


def kernel_of(build):
    """The kernel of OpenBLAS that the driver chooses, or nothing where OpenBLAS chooses as well."""
    said = subprocess.run([build / "bin/earshot", "--version", "-v"], capture_output=True, text=True).stdout
    for word in ("SkylakeX", "Haswell"):
        if word in said:
            return word
    return ""


if __name__ == "__main__":
    main()
